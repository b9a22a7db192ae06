"""The conditions of a live start, one function each: why it does not hold, in a sentence, or nothing.

`BEFORE` are judged from what is asked for, before anything goes out; `RIGHTS` from what the exchange says of the key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.records import LiveTerms
from tui_trader.core.words import Mode
from tui_trader.engine.live.door import why_locked
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import written_mode
from tui_trader.exchange.binance.key_rights import KeyRights
from tui_trader.risk.caps import LiveCaps, proposal

KEY_FROM_ANYWHERE = "the key works from any address: bind it to this machine's at Binance"
"""Said wherever a live run shows itself; it alone keeps nobody from trading."""
_LONGEST_NAME = 64
_NAMED_DECIDERS = {Mode.DEMO: ("openai", "rules", "replay"), Mode.LIVE: ("openai", "rules")}
"""Decisions that were recorded on another market's prices are not for real money."""


class LiveRefused(Exception):
    """A condition of a live start does not hold; the sentence says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWish:
    """What a live run would be made of. `written` is the mode that the file `config` names, whatever else is asked."""

    config: Path
    written: Mode | None
    feed: str
    decider: str
    caps: LiveCaps | None


def wish_of(options: RunOptions) -> LiveWish:
    """What these options ask for. Raises SettingsError where the file cannot be read."""
    return LiveWish(
        config=options.home.config,
        written=written_mode(options.home.config),
        feed=options.feed,
        decider=options.decider,
        caps=options.caps,
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of `BEFORE`: what `doctor` calls it, why it does not hold, and how it is where it does."""

    name: str
    problem: Callable[[LiveWish], str]
    met: str


def lock_is_open(_: LiveWish) -> str:
    """This version trades real money at all."""
    return why_locked()


def mode_is_written(wish: LiveWish) -> str:
    """The file says so: a flag that was typed wrong, or a variable that was inherited, starts nothing."""
    if wish.written is Mode.LIVE:
        return ""
    return (
        f"mode live: {wish.config} does not say so, and a flag or a variable alone does not start it. "
        'Write mode = "live" there, in a home of its own.'
    )


def feed_is_binances(wish: LiveWish) -> str:
    """The prices are those of the exchange."""
    return feed_problem(Mode.LIVE, wish.feed)


def decider_is_named(wish: LiveWish) -> str:
    """Who decides is said in so many words."""
    return decider_problem(Mode.LIVE, wish.decider)


def caps_are_set(wish: LiveWish) -> str:
    """The account has limits of its own."""
    if wish.caps is not None:
        return ""
    return (
        f"mode live: {wish.config} has no section [live_caps], the limits that hold whatever a prompt says. "
        f"Write all of them; for a first start: {proposal()}."
    )


BEFORE = (
    Condition("lock", lock_is_open, "live can be started"),
    Condition("mode", mode_is_written, 'mode = "live" is written in this home\'s config.toml'),
    Condition("feed", feed_is_binances, "trades on Binance's own prices"),
    Condition("decider", decider_is_named, "who decides is said in so many words"),
    Condition("caps", caps_are_set, "the account has limits of its own, whatever a prompt says"),
)


def feed_problem(mode: Mode, feed: str) -> str:
    """Where an account at the exchange is traded, so are its prices."""
    if feed == "binance":
        return ""
    return f"--feed {feed}: --mode {mode.value} trades on Binance's own prices. Use --feed binance."


def decider_problem(mode: Mode, decider: str) -> str:
    """Where an account at the exchange is traded, nothing decides by default."""
    named = _NAMED_DECIDERS[mode]
    if decider in named:
        return ""
    others = f"{', '.join(named[:-1])} or {named[-1]}"
    return f"--decider {decider}: --mode {mode.value} wants one named that may decide there. Use {others}."


def require(wish: LiveWish) -> None:
    """All of `BEFORE` hold. Raises LiveRefused with the first that does not."""
    for condition in BEFORE:
        refuse_for(condition.problem(wish))


def refuse_for(problem: str) -> None:
    """Raises LiveRefused where there is one."""
    if problem:
        raise LiveRefused(problem)


def futures_are_on(rights: KeyRights) -> str:
    """Else no order would be taken, and no stop either."""
    return "" if rights.futures else "mode live: the key may not trade futures. Enable futures for it at Binance."


def withdrawals_are_off(rights: KeyRights) -> str:
    """Whoever gets hold of the key must not get hold of the money."""
    return _without("withdrawals", "withdraw money") if rights.withdrawals else ""


def internal_transfers_are_off(rights: KeyRights) -> str:
    """Nor send it to another user."""
    return _without("internal transfer", "send money to other users") if rights.internal_transfers else ""


def universal_transfers_are_off(rights: KeyRights) -> str:
    """Nor move it out of reach of the limits."""
    return _without("universal transfer", "move money between accounts") if rights.universal_transfers else ""


def _without(right: str, what: str) -> str:
    return f"mode live: the key may {what}. Give this program a key of its own, for futures alone, without {right}."


RIGHTS: tuple[Callable[[KeyRights], str], ...] = (
    futures_are_on,
    withdrawals_are_off,
    internal_transfers_are_off,
    universal_transfers_are_off,
)


def key_warning(terms: LiveTerms | None) -> str:
    """What is dangerous about the key of a live run, though it may be traded with; empty on other money."""
    return "" if terms is None or terms.is_ip_bound else KEY_FROM_ANYWHERE


def account_is_accepted(accepted: str | None, account: str) -> str:
    """A person has named the very account that the key opens."""
    if accepted == account:
        return ""
    if accepted is None:
        said = f"mode live: this key opens the account {account}, and nobody has said that it is meant"
    else:
        said = f"--i-accept-live {accepted[:_LONGEST_NAME]}: this key opens the account {account}"
    return f"{said}. If it is, give --i-accept-live {account}, or type its name in the console."
