"""Typed readings of market, account, positions, orders and limits: what the agent's digest and the console show."""

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.market import Candle
from tui_trader.core.money import Money
from tui_trader.core.order import Order
from tui_trader.core.words import Symbol
from tui_trader.desk.desk import Desk
from tui_trader.desk.parts import PolicyInForce
from tui_trader.market.ports import Snapshot
from tui_trader.market.state import MarketState
from tui_trader.risk.breakers import Board, open_breakers
from tui_trader.risk.headroom import headrooms
from tui_trader.risk.trading_state import StateFold
from tui_trader.tools.memory import MemoryFold
from tui_trader.tools.ports import AccountView, AnswerView, BreakerView, Headroom, Memory, PositionView

_ANSWERS_TOLD = 4
_TOLD_FOR = 3_600.0
"""Seconds for which an answer is told; the newest few."""


class LiveReadings:
    """Readings of the running trader; each is consistent at the instant of its call."""

    def __init__(
        self, desk: Desk, market: MarketState, policy: PolicyInForce, state: StateFold, memory: MemoryFold
    ) -> None:
        self._desk = desk
        self._market = market
        self._policy = policy
        self._state = state
        self._memory = memory

    async def snapshot(self, symbol: Symbol) -> Snapshot | None:
        """See the port."""
        return self._market.snapshot(symbol)

    async def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """See the port."""
        return self._market.candles(symbol, count)

    async def account(self) -> AccountView:
        """See the port."""
        return self.account_now()

    def account_now(self) -> AccountView:
        """The account, without waiting."""
        book = self._desk.book()
        meters = book.meters
        return AccountView(
            trading_state=book.trading_state,
            reason=self._state.status.reason,
            equity=book.equity,
            wallet=self._desk.wallet,
            available=book.available,
            day_pnl=_difference(book.equity, meters.day_start_equity),
            drawdown=meters.drawdown,
            model_spend_today=meters.model_spend_today,
        )

    async def positions(self) -> tuple[PositionView, ...]:
        """See the port."""
        return self.positions_now()

    def positions_now(self) -> tuple[PositionView, ...]:
        """What is held, without waiting."""
        return tuple(self._position(symbol) for symbol in sorted(self._desk.book().positions))

    def _position(self, symbol: Symbol) -> PositionView:
        book = self._desk.book()
        position, mark, instrument = book.position(symbol), book.mark(symbol), book.instruments.get(symbol)
        return PositionView(
            symbol=symbol,
            quantity=position.quantity,
            entry_price=position.entry_price,
            mark_price=mark,
            unrealised=position.unrealised(mark) if mark is not None else None,
            liquidation_price=self._desk.liquidation_price(symbol),
            stop_price=self._desk.stop_price(symbol),
            take_profit_price=self._desk.take_profit_price(symbol),
            leverage=book.leverage.get(symbol, 1),
            tick=instrument.tick if instrument is not None else None,
        )

    async def orders(self) -> tuple[Order, ...]:
        """See the port."""
        return self._desk.book().orders

    async def answers(self) -> tuple[AnswerView, ...]:
        """See the port."""
        questions, now = self._desk.questions, self._desk.now
        late = [q for q in questions.closed[-_ANSWERS_TOLD:] if q.at is not None and elapsed(q.at, now) <= _TOLD_FOR]
        return tuple(
            AnswerView(
                approval=q.id,
                symbol=q.symbol,
                side=q.proposed.intent.side,
                status=q.status,
                code=q.code,
                reason=q.reason,
            )
            for q in (*late, *questions.open)
        )

    async def limits(self) -> tuple[Headroom, ...]:
        """See the port."""
        return tuple(
            Headroom(limit=room.limit, value=room.value, used=room.used, symbol=room.symbol)
            for room in headrooms(self._desk.book(), self._policy.current)
        )

    async def breakers(self) -> tuple[BreakerView, ...]:
        """See the port."""
        return self.breakers_now()

    def breakers_now(self) -> tuple[BreakerView, ...]:
        """Those that are not closed, without waiting."""
        book = self._desk.book()
        return breaker_views(book.meters.breakers, book.now)

    async def memory(self) -> Memory:
        """See the port."""
        book = self._desk.book()
        return self._memory.at(book.now, book.mark)


def breaker_views(board: Board, now: Instant) -> tuple[BreakerView, ...]:
    """The breakers that are open or half-open at this instant, by name."""
    return tuple(
        BreakerView(
            scope=breaker.scope,
            cause=breaker.cause,
            state=breaker.state(now),
            count=breaker.failures,
            reason=breaker.reason,
            since=breaker.opened,
            probe_at=breaker.probe_at,
            needs_a_person=breaker.needs_a_person,
        )
        for breaker in open_breakers(board)
    )


def _difference(equity: Money | None, start: Money | None) -> Money | None:
    """The profit of the day; a resume's new baseline does not touch it."""
    return None if equity is None or start is None else equity - start
