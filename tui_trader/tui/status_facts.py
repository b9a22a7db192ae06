"""The status bar's facts: what the engine last said of itself, and whether that still holds."""

from typing import assert_never

from tui_trader.core.clock import elapsed, text
from tui_trader.core.reconciliation import Agreement, Reconciliation
from tui_trader.core.words import BreakerState, Mode, TradingState
from tui_trader.engine.views import StatusView
from tui_trader.tui.vitals import Life, Vital
from tui_trader.tui.widgets.format import MISSING, age, number, percent
from tui_trader.tui.widgets.status_bar import Fact
from tui_trader.tui.widgets.tone import Tone, tone_of

_MODES = {
    mode: Fact(text=text, tone=tone, badge=True)
    for mode, text, tone in (
        (Mode.PAPER, "PAPER", Tone.PAPER),
        (Mode.DEMO, "DEMO", Tone.DEMO),
        (Mode.LIVE, "LIVE REAL MONEY", Tone.LIVE),
    )
}
"""Told by the words; in live these, the colour of the whole bar, and the account's name."""
COMPACT_BELOW = 100
"""Cells; in a narrower bar labels and names are shortened, so that at 80 every fact still has its place."""
_LONGEST_REASON = 60
_LONGEST_COMPACT_REASON = 24
_LONGEST_FEED = 24
_LONGEST_COMPACT_FEED = 12


def status_facts(
    status: StatusView | None,
    vital: Vital,
    *,
    mode: Mode | None = None,
    halt_asked: bool = False,
    is_stale: bool = False,
    is_compact: bool = False,
) -> tuple[Fact, ...]:
    """Most important first. `mode` stands until the engine says its own. `halt_asked`: the switch is tripped, and no
    view says so yet. `is_stale`: old prices.
    """
    alarm = _alarm(vital)
    longest = _LONGEST_COMPACT_REASON if is_compact else _LONGEST_REASON
    if status is None:
        halted = (Fact(text="HALTED", tone=Tone.DANGER, badge=True),) if halt_asked else ()
        return (*alarm, *((_MODES[mode],) if mode is not None else ()), *halted)
    facts = (
        *alarm,
        _MODES[status.mode],
        *((Fact(text="KEY NOT IP-BOUND", tone=Tone.WARNING, badge=True),) if status.key_warning else ()),
        *_state(status, longest, halt_asked=halt_asked),
        *_breakers(status),
        *_asking(status),
        *_outside(status, longest),
        *_apart(status.reconciliation, longest),
        *_prompt(status, is_compact=is_compact),
        Fact(
            label="" if is_compact else "autonomy",
            text=status.autonomy.value if status.autonomy else MISSING,
            priority=3,
        ),
        Fact(label="equity", text=number(status.equity, 2), tone=Tone.STRONG, priority=1),
        _day(status),
        _spend(status),
        _feed(status, _LONGEST_COMPACT_FEED if is_compact else _LONGEST_FEED, is_stale=is_stale),
        Fact(text=_decider(status, is_compact=is_compact), priority=2),
        _next(status),
        *((Fact(label="account", text=status.account, priority=4),) if status.mode is Mode.LIVE else ()),
        Fact(label="cycle", text=str(status.last_cycle), priority=6),
        *_agreeing(status.reconciliation),
        Fact(label="journal", text=number(status.journal_entries), priority=6),
        Fact(label="prompt", text=status.prompt, priority=8),
        Fact(label="drawdown", text=percent(status.drawdown, signed=False), priority=7),
        Fact(label="UTC", text=text(status.time)[:19].replace("T", " "), priority=7),
        *((Fact(text=status.feed.why, priority=9),) if status.feed and status.feed.why else ()),
    )
    return facts if vital.is_fresh else tuple(_dimmed(fact) for fact in facts)


def _dimmed(fact: Fact) -> Fact:
    """What was true once; badges stay, as mode and state are known until the engine says otherwise."""
    if fact.badge:
        return fact
    return Fact(text=fact.text, label=fact.label, tone=Tone.DIM, priority=fact.priority)


def _alarm(vital: Vital) -> tuple[Fact, ...]:
    match vital.life:
        case Life.RUNNING:
            return ()
        case Life.ASKED_FIRST:
            return (Fact(text="NOT STARTED", tone=Tone.WARNING, badge=True),)
        case Life.STARTING:
            waited = f" {vital.seconds}s" if vital.seconds else ""
            return (Fact(text=f"STARTING{waited}", tone=Tone.WARNING, badge=True),)
        case Life.SILENT:
            return (Fact(text=f"ENGINE SILENT {vital.seconds}s", tone=Tone.DANGER, badge=True),)
        case Life.ENDED:
            why = f": {_clipped(vital.words, _LONGEST_REASON)}" if vital.words else ""
            return (Fact(text=f"ENGINE ENDED{why}", tone=Tone.WARNING, badge=True),)
        case Life.FAILED:
            return (Fact(text=f"ENGINE FAILED: {vital.words}", tone=Tone.DANGER, badge=True),)
        case _:
            assert_never(vital.life)


def _state(status: StatusView, longest: int, *, halt_asked: bool) -> tuple[Fact, ...]:
    """The word, as a badge where it is not ACTIVE, and why."""
    state = TradingState.HALTED if halt_asked else status.trading_state
    told = status.reason if state is status.trading_state else ""
    reason = (Fact(text=_clipped(told, longest), priority=1),) if told else ()
    match state:
        case TradingState.ACTIVE:
            return (Fact(text="ACTIVE", tone=Tone.STRONG),)
        case TradingState.REDUCING:
            return (Fact(text="REDUCING", tone=Tone.WARNING, badge=True), *reason)
        case TradingState.HALTED:
            return (Fact(text="HALTED", tone=Tone.DANGER, badge=True), *reason)
        case _:
            assert_never(state)


def _breakers(status: StatusView) -> tuple[Fact, ...]:
    """What keeps new risk from being taken; the one that waits for a person before the others."""
    opened = sorted(status.breakers, key=lambda breaker: not breaker.needs_a_person)
    if not opened:
        return ()
    first, more = opened[0], f" +{len(opened) - 1}" if len(opened) > 1 else ""
    ends = " r RESUMES" if first.needs_a_person else " HALF OPEN" if first.state is BreakerState.HALF_OPEN else ""
    name = f"{first.scope.value} {first.cause.value.replace('_', ' ')}"
    return (Fact(text=f"BREAKER {name}{more}{ends}", tone=Tone.WARNING, badge=True),)


def _outside(status: StatusView, longest: int) -> tuple[Fact, ...]:
    """What was asked for outside of this program and does not come about."""
    troubles = (
        ("NOT ANCHORED", status.anchor.problem if status.anchor is not None else ""),
        ("ALERTS FAIL", status.alert_problem or ""),
    )
    return tuple(
        Fact(text=f"{what}: {_clipped(why, longest)}", tone=Tone.WARNING, badge=True, priority=2)
        for what, why in troubles
        if why
    )


def _asking(status: StatusView) -> tuple[Fact, ...]:
    """How many entries wait for a person."""
    if not status.approvals:
        return ()
    return (Fact(text=f"{len(status.approvals)} TO APPROVE", tone=Tone.WARNING, badge=True),)


def _prompt(status: StatusView, *, is_compact: bool) -> tuple[Fact, ...]:
    """What of the prompt's file is not in force; where there is no room for why, the key that tells it."""
    if not status.prompt_problem:
        return ()
    if not is_compact:
        words = f"PROMPT: {_clipped(status.prompt_problem, _LONGEST_REASON)}"
    elif status.prompt_waiting is not None:
        words = "PROMPT LOOSENED: p lists"
    else:
        words = "OLD PROMPT IN FORCE: p says why"
    return (Fact(text=words, tone=Tone.WARNING, badge=True),)


_APART = {Agreement.AMBER: Tone.WARNING, Agreement.RED: Tone.DANGER, Agreement.UNKNOWN: Tone.WARNING}


def _apart(reconciliation: Reconciliation, longest: int) -> tuple[Fact, ...]:
    """What differs between our books and the exchange, as a badge."""
    tone, found = _APART.get(reconciliation.agreement), reconciliation.differences
    if tone is None:
        return ()
    if reconciliation.agreement is Agreement.UNKNOWN:
        return (Fact(text="NOT COMPARED", tone=tone, badge=True, priority=1),)
    first = next(each for each in found if each.blocks_all or reconciliation.agreement is Agreement.AMBER)
    more = f" +{len(found) - 1}" if len(found) > 1 else ""
    words = f"{first.kind.value.replace('_', ' ').upper()} {first.symbol}".rstrip()
    return (Fact(text=f"{_clipped(words, longest)}{more}", tone=tone, badge=True),)


def _agreeing(reconciliation: Reconciliation) -> tuple[Fact, ...]:
    """How old the comparison is by which both agree."""
    if reconciliation.age is None:
        return ()
    return (Fact(label="reconciled", text=f"{reconciliation.agreement.value} {age(reconciliation.age)}", priority=5),)


def _day(status: StatusView) -> Fact:
    return Fact(label="day", text=number(status.day_pnl, 2, signed=True), tone=tone_of(status.day_pnl), priority=1)


def _spend(status: StatusView) -> Fact:
    """What the model has cost; once it is asked more sparingly, the word for how, and that is not left out."""
    budget = f"/{number(status.model_budget, 2)}" if status.model_budget is not None else ""
    spent = f"${number(status.model_spend_today, 2)}{budget}"
    if status.model_economy is None:
        return Fact(label="model", text=spent, priority=3)
    return Fact(label="model", text=f"{spent} {status.model_economy.economy.value}", tone=Tone.WARNING, priority=1)


def _feed(status: StatusView, longest: int, *, is_stale: bool) -> Fact:
    if status.feed is None:
        return Fact(label="feed", text=MISSING, tone=Tone.DIM, priority=2)
    old = Tone.DANGER if is_stale or status.feed.age is None else Tone.PLAIN
    return Fact(
        label="feed", text=f"{_feed_name(status.feed.name, longest)} {age(status.feed.age)}", tone=old, priority=2
    )


def _feed_name(name: str, longest: int) -> str:
    """`file:` feeds by the first file's name alone."""
    kind, _, paths = name.partition(":")
    if not paths:
        return _clipped(name, longest)
    files = paths.split(",")
    more = f"+{len(files) - 1}" if len(files) > 1 else ""
    return f"{kind}:{_clipped(files[0].rsplit('/', 1)[-1], longest - len(kind) - 1 - len(more))}{more}"


def _decider(status: StatusView, *, is_compact: bool) -> str:
    if status.decider == "rules":
        return "rules: baseline, no key" if status.decider_why and not is_compact else "rules: baseline"
    return status.decider


def _next(status: StatusView) -> Fact:
    if status.deciding:
        return Fact(text="deciding", tone=Tone.WARNING, priority=1)
    if status.next_decision is None:
        return Fact(label="next", text=MISSING, tone=Tone.DIM, priority=1)
    return Fact(label="next", text=age(elapsed(status.time, status.next_decision)), priority=1)


def _clipped(words: str, length: int) -> str:
    return words if len(words) <= length else f"{words[: length - 1]}…"
