"""In-memory readings, toolbox and journal for the agent, and a decider that says what a test tells it to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tui_trader.agent.deciders.ports import Decision, DecisionRequest
from tui_trader.core.clock import Clock, Instant, from_text, later
from tui_trader.core.market import Candle
from tui_trader.core.money import ZERO
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.records import CycleDecided, JsonValue, Record
from tui_trader.core.words import (
    Actor,
    BreakerCause,
    BreakerScope,
    BreakerState,
    ClientOrderId,
    Side,
    Symbol,
    TradingState,
)
from tui_trader.journal.ports import Entry, Fold, Head, JournalUnwritable, Row
from tui_trader.market.ports import Snapshot
from tui_trader.risk.front_matter import read_prompt
from tui_trader.risk.policy import Policy
from tui_trader.tools.ports import AccountView, AnswerView, BreakerView, Headroom, Memory, PositionView

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
NOON = from_text("2025-05-05T12:00:00Z")

POLICY_TEXT = """---
name: test
symbols: [BTCUSDT, ETHUSDT]
interval: 60s
autonomy: {autonomy}
risk:
  max_order_notional: 2000
  max_position_notional: 5000
  max_gross_notional: 10000
  max_leverage: 3
  max_risk_per_trade_pct: 1.0
  stop_loss: required
  take_profit: required
  max_stop_distance_pct: 5
  min_reward_to_risk: 1.2
  max_daily_loss_pct: 3
  max_consecutive_losses: 4
  max_drawdown_pct: 10
  max_consecutive_failures: 3
  max_open_orders: 8
  max_orders_per_minute: 6
  max_entries_per_day: 20
  reentry_cooldown: 15m
  min_hold: 3m
  max_price_deviation_bps: 50
  max_quote_age: 5s
  min_liquidation_distance_pct: 15
llm:
  model: test-model
  deadline: {deadline}
  max_usd_per_day: {budget}
---
Trade {{{{ policy.symbols | join(", ") }}}} with leverage up to {{{{ policy.risk.max_leverage }}}}.
"""


def policy(*, autonomy: str = "auto", deadline: str = "5s", budget: str = "2.00") -> Policy:
    """A complete policy with the parts that steer a decision as wanted."""
    text = POLICY_TEXT.format(autonomy=autonomy, deadline=deadline, budget=budget)
    return read_prompt(text, file="test.md").policy


def snapshot(symbol: Symbol = BTC, *, time: Instant = NOON, price: str = "94000") -> Snapshot:
    """A calm, fresh, warmed-up market."""
    mid = Decimal(price)
    return Snapshot(
        symbol=symbol,
        time=time,
        bid=mid - Decimal("0.1"),
        ask=mid + Decimal("0.1"),
        mark=mid,
        spread_bps=Decimal("0.0213"),
        funding_rate=Decimal("0.0001"),
        next_funding=later(time, 4 * 3_600),
        quote_age=0.5,
        mark_age=1.0,
        candle_age=20.0,
        return_1m=0.0001,
        return_5m=0.0002,
        return_15m=0.0003,
        return_1h=-0.001,
        change_24h=0.01,
        ema_fast=float(mid),
        ema_slow=float(mid),
        rsi=50.0,
        atr=50.0,
        volatility=0.0005,
        volume_1h=1234.5,
    )


def trending(symbol: Symbol = BTC, *, sign: int = 1) -> Snapshot:
    """A market that the rules follow: the averages apart, the last quarter of an hour in the same direction."""
    calm = snapshot(symbol)
    mid = float(calm.mid)
    return replace(calm, ema_fast=mid * (1 + sign * 0.002), ema_slow=mid, return_15m=sign * 0.01)


def account(state: TradingState = TradingState.ACTIVE, *, spent: str = "0", reason: str = "") -> AccountView:
    """An account of 10,000."""
    return AccountView(
        trading_state=state,
        reason=reason,
        equity=Decimal(10_000),
        wallet=Decimal(10_000),
        available=Decimal(10_000),
        day_pnl=ZERO,
        drawdown=0.0,
        model_spend_today=Decimal(spent),
    )


def held(quantity: str, symbol: Symbol = BTC) -> PositionView:
    """A protected position."""
    return PositionView(
        symbol=symbol,
        quantity=Decimal(quantity),
        entry_price=Decimal(93_000),
        mark_price=Decimal(94_000),
        unrealised=Decimal(quantity) * 1_000,
        liquidation_price=Decimal(63_000),
        stop_price=Decimal(92_000),
        take_profit_price=Decimal(96_000),
        leverage=3,
    )


def stop_order(symbol: Symbol = BTC, *, name: str = "tt-AAAAAAAAAAAAAAAAAAAAAA") -> Order:
    """A stop that works and closes all of a long position."""
    intent = Intent(
        symbol=symbol,
        side=Side.SELL,
        type=OrderType.STOP_MARKET,
        quantity=Decimal("0.010"),
        stop_price=Decimal("92000.0"),
        close_position=True,
        purpose=Purpose.STOP,
        actor=Actor.AGENT,
    )
    return Order(
        client_order_id=ClientOrderId(name), intent=intent, status=OrderStatus.ACCEPTED, created=NOON, updated=NOON
    )


REPEATS = BreakerView(
    scope=BreakerScope.DECIDER,
    cause=BreakerCause.IDENTICAL_ORDERS,
    state=BreakerState.OPEN,
    count=6,
    reason="6 entries of the agent were alike, the limit is 6",
    since=NOON,
    probe_at=None,
    needs_a_person=True,
)
"""A breaker that only a person closes."""


@dataclass
class FakeReadings:
    """Readings that say what the test put in."""

    markets: dict[Symbol, Snapshot | None] = field(default_factory=lambda: {BTC: snapshot(BTC), ETH: snapshot(ETH)})
    money: AccountView = field(default_factory=account)
    held: tuple[PositionView, ...] = ()
    working: tuple[Order, ...] = ()
    remembered: Memory = field(default_factory=Memory)
    answered: tuple[AnswerView, ...] = ()
    tripped: tuple[BreakerView, ...] = ()
    before_snapshot: Callable[[Symbol], Awaitable[None]] | None = None

    async def snapshot(self, symbol: Symbol) -> Snapshot | None:
        if self.before_snapshot is not None:
            await self.before_snapshot(symbol)
        return self.markets.get(symbol)

    async def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        raise NotImplementedError(symbol, count)

    async def account(self) -> AccountView:
        return self.money

    async def positions(self) -> tuple[PositionView, ...]:
        return self.held

    async def orders(self) -> tuple[Order, ...]:
        return self.working

    async def answers(self) -> tuple[AnswerView, ...]:
        return self.answered

    async def limits(self) -> tuple[Headroom, ...]:
        return (
            Headroom(limit="max_order_notional", value=Decimal(2_000), used=None),
            Headroom(limit="max_position_notional", value=Decimal(5_000), used=ZERO, symbol=BTC),
            Headroom(limit="max_gross_notional", value=Decimal(10_000), used=ZERO),
        )

    async def breakers(self) -> tuple[BreakerView, ...]:
        return self.tripped

    async def memory(self) -> Memory:
        return self.remembered


class MemoryJournal:
    """Keeps rows in a list; `unwritable` makes it fail from now on, on rows of the kinds named."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._folds: list[Fold] = []
        self.rows: list[Row] = []
        self.unwritable: tuple[type, ...] = ()

    @property
    def head(self) -> Head:
        return Head(self.rows[-1].seq, self.rows[-1].hash) if self.rows else Head(0, b"")

    def attach(self, fold: Fold) -> None:
        self._folds.append(fold)

    def follow(self, *folds: Fold) -> None:
        self._folds.extend(folds)

    async def append(self, *entries: Entry) -> tuple[Row, ...]:
        written: list[Row] = []
        for entry in entries:
            if isinstance(entry.record, self.unwritable):
                raise JournalUnwritable("the disk is full")
            row = Row(
                seq=len(self.rows) + 1,
                time=self._clock.now(),
                actor=entry.actor,
                correlation=entry.correlation,
                record=entry.record,
                hash=bytes([len(self.rows) % 256]) * 32,
            )
            self.rows.append(row)
            written.append(row)
            for fold in self._folds:
                fold.apply(row)
        return tuple(written)

    @property
    def records(self) -> list[Record]:
        """What was written, in order."""
        return [row.record for row in self.rows]

    @property
    def decisions(self) -> list[CycleDecided]:
        """The decisions among it."""
        return [record for record in self.records if isinstance(record, CycleDecided)]


@dataclass
class ScriptedDecider:
    """Gives the decisions it was given, one after the other, then the last for ever."""

    decisions: Sequence[Decision | Exception]
    amends: bool = False
    no_money: str = ""
    name: str = "scripted"
    requests: list[DecisionRequest] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None
    closed: bool = False

    async def unaffordable(self, request: DecisionRequest) -> str:
        return self.no_money

    async def decide(self, request: DecisionRequest) -> Decision:
        self.requests.append(request)
        if self.before is not None:
            await self.before()
        said = self.decisions[min(len(self.requests), len(self.decisions)) - 1]
        if isinstance(said, Exception):
            raise said
        return said

    async def close(self) -> None:
        self.closed = True


def plain_json(value: JsonValue) -> JsonValue:
    """The value with mappings as dicts and tuples as lists, for comparison."""
    if isinstance(value, Mapping):
        return {key: plain_json(part) for key, part in value.items()}
    return [plain_json(part) for part in value] if isinstance(value, (list, tuple)) else value
