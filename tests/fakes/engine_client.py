"""An engine for the console's tests: its views are set by hand, its commands kept, its answers given when asked."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from decimal import Decimal

from tui_trader.core.clock import MINUTE, SECOND, Instant, from_text, later
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.reconciliation import Agreement, Reconciliation
from tui_trader.core.records import CycleDecided
from tui_trader.core.words import Actor, Autonomy, ClientOrderId, CycleVerdict, Mode, Side, Symbol, TradingState
from tui_trader.engine import views
from tui_trader.engine.client import Ending
from tui_trader.engine.commands import Command, Halt, Reply
from tui_trader.engine.cycle_story import Told
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.views import (
    AuditLine,
    AuditView,
    DecisionRow,
    DecisionsView,
    FeedView,
    Headroom,
    LimitsView,
    NodeName,
    NodeStage,
    NodeView,
    OrdersView,
    PositionsView,
    PositionView,
    QuotesView,
    QuoteView,
    StatusView,
    TraceView,
)

NOON = from_text("2026-01-01T12:00:00Z")
BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")

STATUS = StatusView(
    time=NOON,
    running=True,
    mode=Mode.PAPER,
    account="paper-1",
    trading_state=TradingState.ACTIVE,
    reason="",
    autonomy=Autonomy.AUTO,
    equity=Decimal("10012.345"),
    day_pnl=Decimal("12.345"),
    drawdown=0.0012,
    model_spend_today=Decimal("0.25"),
    model_budget=Decimal(2),
    model_economy=None,
    feed=FeedView(name="synthetic", why="auto: no network", age=1.0),
    decider="rules",
    decider_why="auto: no model key is set, so the documented baseline decides",
    prompt="trader",
    last_cycle=7,
    next_decision=later(NOON, 43.0),
    deciding=False,
    positions=(),
    orders=(),
    reconciliation=Reconciliation(agreement=Agreement.GREEN, age=4.0, matched=2),
    journal_entries=1234,
    journal_head="ab" * 32,
)

POSITION = PositionView(
    symbol=BTC,
    quantity=Decimal("-0.015"),
    entry_price=Decimal("88284.7"),
    mark_price=Decimal("88400.6"),
    unrealised=Decimal("-1.7385"),
    liquidation_price=Decimal("117244.51"),
    stop_price=Decimal("88858.9"),
    take_profit_price=Decimal("87190.0"),
    leverage=3,
)
STOP = Order(
    client_order_id=ClientOrderId("tt-stopstopstopstopstopst"),
    intent=Intent(
        symbol=BTC,
        side=Side.BUY,
        type=OrderType.STOP_MARKET,
        quantity=Decimal("0.015"),
        stop_price=Decimal("88858.9"),
        close_position=True,
        purpose=Purpose.STOP,
        actor=Actor.SYSTEM,
    ),
    status=OrderStatus.ACCEPTED,
    created=NOON,
    updated=NOON,
)


def quote(symbol: Symbol, price: str, *, age: float = 1.0, stale: bool = False) -> QuoteView:
    """A row of the market."""
    figure = Decimal(price)
    return QuoteView(
        symbol=symbol,
        price=figure,
        bid=figure,
        ask=figure,
        mark=figure,
        decimals=1,
        change=-0.0280,
        spread_bps=Decimal("0.09"),
        funding_rate=Decimal("-0.000042"),
        next_funding=later(NOON, 4 * 60 * MINUTE),
        volatility=0.0005,
        age=age,
        stale=stale,
        trend=tuple(float(n % 17) + 100.0 for n in range(240)),
    )


def decided(cycle: int, verdict: CycleVerdict, reason: str) -> CycleDecided:
    """A decision."""
    return CycleDecided(
        cycle=cycle,
        symbols=(BTC, ETH),
        verdict=verdict,
        reason=reason,
        decider="rules",
        tokens=1234,
        cost=Decimal("0.0012"),
        milliseconds=85,
    )


def trace(cycle: int, passed: int, *, note: str = "well", decision: CycleDecided | None = None) -> TraceView:
    """A cycle in which so many nodes are done and the next one runs."""
    nodes = [NodeView(node=name, stage=None) for name in NodeName]
    for index in range(min(passed, len(nodes))):
        nodes[index] = replace(nodes[index], stage=NodeStage.FINISHED, milliseconds=12, note=note)
    if passed < len(nodes) and decision is None:
        nodes[passed] = replace(nodes[passed], stage=NodeStage.STARTED)
    return TraceView(cycle=cycle, started=NOON, nodes=tuple(nodes), decision=decision)


class FakeEngine:
    """Implements `EngineClient`. Real seconds for the console are `seconds`, which the test moves."""

    embeds = True

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.commands: list[Command] = []
        self.seconds = 0.0
        self.ending: Ending | None = None
        self.answers: Callable[[Command], Reply | None] = lambda _: Reply(done=True)
        """What a command is answered with at once; None: `pending` holds it."""
        self.pending: list[Future[Reply]] = []
        self.tripped = 0
        self.stories: dict[tuple[int, int], Future[tuple[Told, ...]]] = {}
        self._beats = 0
        self._audit: tuple[AuditLine, ...] = ()

    @property
    def is_over(self) -> bool:
        """See the port."""
        return self.ending is not None

    def now(self) -> float:
        """The console's stopwatch."""
        return self.seconds

    def story(self, cycle: int, near: int) -> "Future[tuple[Told, ...]]":
        """See the port; answered by the test, by `stories`."""
        future: Future[tuple[Told, ...]] = Future()
        self.stories[cycle, near] = future
        return future

    def submit(self, command: Command) -> "Future[Reply]":
        """See the port."""
        if isinstance(command, Halt):
            self.tripped += 1
        self.commands.append(command)
        future: Future[Reply] = Future()
        reply = self.answers(command)
        if reply is None:
            self.pending.append(future)
        else:
            future.set_result(reply)
        return future

    def beat(self) -> None:
        """A sign of life."""
        self._beats += 1
        self.mailbox.publish(views.PULSE, self._beats)

    def show(
        self,
        status: StatusView = STATUS,
        *,
        quotes: tuple[QuoteView, ...] | None = None,
        shown: TraceView | None = None,
    ) -> None:
        """Publish a status with what belongs to it, and give a sign of life."""
        rows = (quote(BTC, "88377.1"), quote(ETH, "2430.9")) if quotes is None else quotes
        self.beat()
        self.mailbox.publish(views.STATUS, status)
        self.mailbox.publish(views.MARKET, QuotesView(rows))
        self.mailbox.publish(views.POSITIONS, PositionsView(status.positions))
        self.mailbox.publish(views.ORDERS, OrdersView(status.orders))
        self.mailbox.publish(views.TRACE, shown or trace(7, 3))
        limit = Headroom(limit="max_daily_loss_pct", value=Decimal(3), used=Decimal("2.8"))
        self.mailbox.publish(views.LIMITS, LimitsView((limit,)))

    def log(self, *texts: str, kind: str = "equity") -> None:
        """Rows at the end of the journal."""
        seq = self._audit[-1].seq if self._audit else 0
        lines = tuple(
            AuditLine(seq=seq + number, time=Instant(NOON), kind=kind, actor="system", text=words)
            for number, words in enumerate(texts, start=1)
        )
        self._audit = (*self._audit, *lines)[-500:]
        self.mailbox.publish(views.AUDIT, AuditView(self._audit))

    def decide(self, *decisions: CycleDecided) -> None:
        """The decisions that were made."""
        rows = tuple(
            DecisionRow(seq=10 * number, time=later(NOON, number * SECOND), decided=decision)
            for number, decision in enumerate(decisions, start=1)
        )
        self.mailbox.publish(views.DECISIONS, DecisionsView(rows))


def holding(status: StatusView = STATUS) -> StatusView:
    """A position with its stop."""
    return replace(status, positions=(POSITION,), orders=(STOP,))


def halted(reason: str = "halted at the console") -> StatusView:
    """HALTED, and why."""
    return replace(holding(), trading_state=TradingState.HALTED, reason=reason)
