"""The policy, reckoned once more at the exchange's door: from the exchange's own books, not from ours."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from tests.fakes.exchange import Submission
from tests.fakes.trader_parts import Trader
from tui_trader.core.clock import MINUTE, Instant, later, start_of_day
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import percent_of
from tui_trader.core.order import Intent, OrderStatus, OrderType, Purpose
from tui_trader.core.words import ClientOrderId, Side, Symbol, TradingState

_FEES = FeeRates()


@dataclass
class Door:
    """Called with every order before it goes in. An order outside the policy fails the test.

    What it raises ends as an order of unknown fate, as any error of a client does, so it is kept as a failure, too.
    """

    trader: Trader
    entries: dict[Instant, int] = field(default_factory=dict)
    passed: int = 0
    recent: deque[Instant] = field(default_factory=deque)
    unsettled: dict[ClientOrderId, Submission] = field(default_factory=dict)
    known: set[ClientOrderId] = field(default_factory=set)
    """Every order that came to it."""
    slack: Decimal = Decimal(1)
    """By how much the exchange's figures may exceed a limit: prices may move between gate and door."""

    def __call__(self, order_id: ClientOrderId, intent: Intent) -> None:
        try:
            self._judge(order_id, intent)
        except AssertionError as breach:
            self.trader.failures.append((f"the door, {intent.purpose.value} {intent.symbol}", breach))
            raise

    def _judge(self, order_id: ClientOrderId, intent: Intent) -> None:
        assert order_id not in self.known, "one intent is sent once"
        self.known.add(order_id)
        self._count()
        if intent.purpose is Purpose.ENTRY:
            self._entry(order_id, intent)
            self.unsettled[order_id] = Submission(self._now, order_id, intent)
        else:
            assert intent.reduce_only or intent.close_position
        self.recent.append(self._now)

    @property
    def _now(self) -> Instant:
        return self.trader.world.clock.now()

    def _count(self) -> None:
        while self.recent and self.recent[0] <= later(self._now, -MINUTE):
            self.recent.popleft()
        for order_id in list(self.unsettled):
            if self._remaining(order_id) == 0:
                del self.unsettled[order_id]

    def _remaining(self, order_id: ClientOrderId) -> Decimal:
        """What may still trade: all of it while the exchange does not know it, until it can no longer arrive."""
        sent = self.unsettled[order_id]
        order = self.trader.world.paper._books.order(sent.intent.symbol, order_id)
        if order_id in self.trader.exchange.unsent:
            return Decimal(0)
        if order is None:
            may_arrive = self._now <= later(sent.time, self.trader.exchange.settle_time)
            return sent.intent.quantity if may_arrive else Decimal(0)
        return Decimal(0) if order.status.is_final else order.remaining

    def _worth(self, symbol: Symbol, extra: Intent | None = None) -> Decimal:
        """What can be held at worst, at the dearer of mark and limit."""
        mark = self.trader.world.prices[symbol]
        ours = ((i, sent.intent) for i, sent in self.unsettled.items() if sent.intent.symbol == symbol)
        orders = [(self._remaining(order_id), intent.price or mark) for order_id, intent in ours]
        if extra is not None:
            orders.append((extra.quantity, extra.price or mark))
        worked = sum((quantity * max(price, mark) for quantity, price in orders), start=Decimal(0))
        return abs(self.trader.world.held(symbol)) * mark + worked

    def _entry(self, order_id: ClientOrderId, intent: Intent) -> None:
        trader, risk, world = self.trader, self.trader.policy.current.risk, self.trader.world
        self.passed += 1
        assert intent.type is OrderType.LIMIT
        assert intent.symbol in trader.policy.current.symbols
        assert intent.price is not None
        assert not intent.reduce_only
        assert trader.switch.state is TradingState.ACTIVE
        mark, sign = world.prices[intent.symbol], intent.side.sign
        worst = max(mark, intent.price)
        assert intent.quantity * worst <= risk.max_order_notional * self.slack
        assert (intent.price / mark - 1) * sign * 10_000 <= risk.max_price_deviation_bps + 100 * (self.slack - 1) * 100
        assert self._worth(intent.symbol, intent) <= risk.max_position_notional * self.slack
        gross = sum(self._worth(s, intent if s == intent.symbol else None) for s in world.prices)
        account = world.paper._venue.state
        held = [(world.held(s) * world.prices[s] - b.position.cost) for s, b in account.books.items()]
        equity = account.balance.wallet + sum(held)
        assert gross <= risk.max_gross_notional * self.slack
        assert gross <= equity * risk.max_leverage
        assert account.books[intent.symbol].leverage <= risk.max_leverage
        assert world.held(intent.symbol) * sign >= 0, "no order flips a position"
        self._is_protected(intent, equity)
        day = start_of_day(self._now)
        self.entries[day] = self.entries.get(day, 0) + 1
        assert self.entries[day] <= risk.max_entries_per_day
        assert len(self.recent) + 1 <= risk.max_orders_per_minute
        open_orders = sum(1 for o in trader.ledger.open_orders() if o.status is not OrderStatus.INTENDED)
        assert open_orders <= risk.max_open_orders

    def _is_protected(self, intent: Intent, equity: Decimal) -> None:
        risk = self.trader.policy.current.risk
        assert intent.protection is not None
        assert intent.price is not None
        stop, target = intent.protection.stop_price, intent.protection.take_profit_price
        assert target is not None
        assert (intent.price - stop) * intent.side.sign > 0
        assert (target - intent.price) * intent.side.sign > 0
        assert abs(intent.price - stop) / intent.price * 100 <= risk.max_stop_distance_pct
        held = self.trader.world.paper._venue.state.books[intent.symbol].position
        stops = [stop, *self.trader.world.stops(intent.symbol)] if held.quantity else [stop]
        farthest = min(stops) if intent.side is Side.BUY else max(stops)
        loss = abs(held.quantity) * max(Decimal(0), (held.entry_price - farthest) * intent.side.sign)
        each = abs(intent.price - stop) + _FEES.taker * (intent.price + stop)
        assert loss + intent.quantity * each <= percent_of(equity, risk.max_risk_per_trade_pct) * self.slack
