"""What the decider saw last, and whether anything that matters has changed: a model is not paid for the same view.

Held in memory only, since a restart is news: nobody watched for a while, orders may have traded meanwhile, and the
prompt, the model or the program may be another one. So the first decision after a start is always asked for. A program
that dies in a loop pays for no more than the caps allow: what was spent is folded from the journal, and so is the rest
that the decider takes after too many faults.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import assert_never

from tui_trader.agent.observation import Observation
from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.money import BPS, Price
from tui_trader.core.words import Symbol, TradingState
from tui_trader.market.ports import Snapshot
from tui_trader.risk.policy import Triage, TriageScope


@dataclass(frozen=True, slots=True)
class Look:
    """One market as it was seen: middle price, average range of a minute, and the gap between the averages."""

    mid: Price
    atr: Decimal | None
    gap: Decimal | None

    def step(self, in_atr: Decimal, rules: Triage) -> Decimal:
        """The move that is `in_atr` ranges and at least `move_bps`, in the price's unit."""
        least = self.mid * rules.move_bps / BPS
        return least if self.atr is None else max(least, in_atr * self.atr)


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation, as far as a change of it matters."""

    time: Instant
    trading_state: TradingState
    markets: Mapping[Symbol, Look]
    exposure: tuple[object, ...]
    """What is held and worked, with its protection."""
    near_funding: frozenset[Symbol]
    """Symbols held whose funding was near."""


def skips_unchanged(rules: Triage, *, asks_model: bool) -> bool:
    """Whether these rules concern a decider that asks a model, or that does not: rules of thumb cost nothing."""
    match rules.applies_to:
        case TriageScope.EVERY:
            return True
        case TriageScope.MODEL:
            return asks_model
        case TriageScope.NOBODY:
            return False
        case unknown:
            assert_never(unknown)


def seen_of(observation: Observation, rules: Triage) -> Seen:
    """What a later observation is compared with."""
    held = sorted(
        (p.symbol, p.quantity, p.stop_price, p.take_profit_price) for p in observation.positions if p.quantity
    )
    working = sorted((o.client_order_id, o.status.value, o.remaining) for o in observation.orders)
    return Seen(
        time=observation.time,
        trading_state=observation.account.trading_state,
        markets=MappingProxyType({s.symbol: _look(s) for s in observation.snapshots}),
        exposure=(*held, *working),
        near_funding=frozenset(s.symbol for s in observation.snapshots if _funding_matters(s, observation, rules)),
    )


def _look(snapshot: Snapshot) -> Look:
    fast, slow = _decimal(snapshot.ema_fast), _decimal(snapshot.ema_slow)
    gap = None if fast is None or slow is None else fast - slow
    return Look(mid=snapshot.mid, atr=_decimal(snapshot.atr), gap=gap)


def _decimal(value: float | None) -> Decimal | None:
    figure = None if value is None else Decimal(repr(value))
    return figure if figure is not None and figure.is_finite() else None


def _funding_matters(snapshot: Snapshot, observation: Observation, rules: Triage) -> bool:
    held = observation.position(snapshot.symbol) is not None
    return held and 0 <= elapsed(snapshot.time, snapshot.next_funding) <= rules.funding_within


def news(seen: Seen, observation: Observation, rules: Triage, interval: float) -> str | None:
    """What has changed since, in a few words; None where nothing did that matters."""
    return next(_news(seen, observation, rules, interval), None)


def _news(seen: Seen, observation: Observation, rules: Triage, interval: float) -> Iterator[str]:
    now = seen_of(observation, rules)
    if now.trading_state is not seen.trading_state:
        yield f"trading is {now.trading_state.value} now"
    if now.exposure != seen.exposure:
        yield "what is held or worked has changed"
    if now.markets.keys() != seen.markets.keys():
        yield "other symbols can be judged now"
    if near := now.near_funding - seen.near_funding:
        yield f"{min(near)}: funding is near"
    for symbol, look in now.markets.items():
        if symbol in seen.markets:
            yield from _moves(symbol, seen.markets[symbol], look, rules)
    yield from _overdue(seen, observation, rules, interval)


def _moves(symbol: Symbol, was: Look, now: Look, rules: Triage) -> Iterator[str]:
    if abs(now.mid - was.mid) >= was.step(rules.move_atr, rules):
        yield f"{symbol} moved {_bps(now.mid - was.mid, was.mid)} bps"
    if now.gap is None or was.gap is None:
        if now.gap is not was.gap:
            yield f"{symbol}: other figures are known now"
    elif abs(now.gap - was.gap) >= was.step(rules.trend_atr, rules):
        yield f"{symbol}: the trend changed by {_bps(now.gap - was.gap, was.mid)} bps"


def _overdue(seen: Seen, observation: Observation, rules: Triage, interval: float) -> Iterator[str]:
    """The boundary of an interval may come a moment early: half an interval makes no difference to what is due."""
    intervals = rules.flat_every if observation.is_flat else rules.held_every
    if elapsed(seen.time, observation.time) >= (intervals - 0.5) * interval:
        yield f"not looked at for {intervals} intervals"


def _bps(move: Decimal, of: Decimal) -> str:
    return f"{move / of * BPS:+.1f}"


class Attention:
    """Owns what was seen last: by the decider, and only where it answered."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self.seen: Seen | None = None

    def looked(self, observation: Observation, rules: Triage) -> None:
        """The decider has answered to this."""
        self.seen = seen_of(observation, rules)
