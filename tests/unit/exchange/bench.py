"""A small market to trade against by hand: instruments, events, orders, and an exchange on a clock that one sets."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from tui_trader.core.account import AccountReport, HeldPosition
from tui_trader.core.clock import NANOSECONDS, Instant, later
from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.market import FundingSettled, MarkPrice, Quote
from tui_trader.core.order import Intent, OrderType, Purpose, TimeInForce
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.exchange.paper import DepthModel, PaperExchange
from tui_trader.exchange.ports import Accepted, AccountEvent, OrderReport, SubmitOutcome

T = TypeVar("T")
D = Decimal

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
DAYBREAK = Instant(1_746_403_200 * NANOSECONDS)
"""2025-05-05T00:00Z."""


def instrument(symbol: Symbol = BTC, *, max_quantity: str = "1000") -> Instrument:
    """A perpetual with the filters and the first tiers of BTCUSDT."""
    return Instrument(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick=D("0.1"),
        step=D("0.001"),
        market_step=D("0.001"),
        min_quantity=D("0.001"),
        max_quantity=D(max_quantity),
        market_max_quantity=D(120),
        min_price=D("556.8"),
        max_price=D(4529764),
        min_notional=D(100),
        price_band_up=D("1.05"),
        price_band_down=D("0.95"),
        brackets=(
            Bracket(D(300_000), D("0.004"), 150, D(0)),
            Bracket(D(800_000), D("0.005"), 100, D(300)),
            Bracket(D(3_000_000), D("0.0065"), 75, D(1500)),
            Bracket(D(12_000_000), D("0.01"), 50, D(12_000)),
        ),
        liquidation_fee_rate=D("0.0125"),
    )


class HandClock:
    """Time that moves when told to, and by sleeping."""

    def __init__(self, start: Instant = DAYBREAK) -> None:
        self._now = start

    def now(self) -> Instant:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now = later(self._now, seconds)

    async def sleep_until(self, instant: Instant) -> None:
        self._now = max(self._now, instant)

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        raise NotImplementedError(deadline)


def done(call: Coroutine[Any, Any, T]) -> T:
    """The result of a call that never has to wait, as none has on a hand-set clock."""
    try:
        call.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("the call waits")


def intent(
    side: Side,
    quantity: str | Decimal,
    *,
    price: str | None = None,
    stop: str | None = None,
    take_profit: str | None = None,
    tif: TimeInForce = TimeInForce.GTC,
    reduce_only: bool = False,
    close_position: bool = False,
    symbol: Symbol = BTC,
) -> Intent:
    """An order: LIMIT with `price`, STOP_MARKET with `stop`, TAKE_PROFIT_MARKET with `take_profit`, else MARKET."""
    kind, trigger = OrderType.MARKET, None
    if price is not None:
        kind = OrderType.LIMIT
    elif stop is not None:
        kind, trigger = OrderType.STOP_MARKET, stop
    elif take_profit is not None:
        kind, trigger = OrderType.TAKE_PROFIT_MARKET, take_profit
    return Intent(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=D(quantity),
        price=None if price is None else D(price),
        stop_price=None if trigger is None else D(trigger),
        time_in_force=tif,
        reduce_only=reduce_only,
        close_position=close_position,
        purpose=Purpose.EXIT if reduce_only or close_position else Purpose.ENTRY,
        actor=Actor.OPERATOR,
    )


@dataclass
class Bench:
    """A paper exchange and its market. Every event comes one second after the last, orders arrive in between."""

    exchange: PaperExchange
    clock: HandClock
    orders: int = 0

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        clock: HandClock | None = None,
        symbols: tuple[Symbol, ...] = (BTC,),
        deposit: str = "10000",
        leverage: int = 5,
        depth: DepthModel | None = None,
        mark: str | None = "100000",
    ) -> "Bench":
        """With a first quote of 1 tick spread around `mark` and that mark price."""
        clock = clock or HandClock()
        exchange = PaperExchange.open(
            path,
            {symbol: instrument(symbol) for symbol in symbols},
            clock,
            deposit=D(deposit),
            leverage=leverage,
            depth=depth or DepthModel(),
        )
        bench = cls(exchange, clock)
        if mark is not None:
            for symbol in symbols:
                bench.mark(mark, symbol=symbol)
                bench.quote(mark, symbol=symbol)
        return bench

    def tick(self) -> Instant:
        """One second later."""
        self.clock._now = later(self.clock.now(), 1.0)
        return self.clock.now()

    def quote(
        self, bid: str | Decimal, ask: str | Decimal | None = None, *, size: str = "10", symbol: Symbol = BTC
    ) -> Quote:
        """A quote; without `ask` the spread is one tick."""
        top = D(bid) + D("0.1") if ask is None else D(ask)
        quote = Quote(symbol, self.tick(), D(bid), D(size), top, D(size))
        self.exchange.on_market(quote)
        return quote

    def mark(self, price: str | Decimal, *, symbol: Symbol = BTC) -> MarkPrice:
        """A mark price."""
        at = self.tick()
        mark = MarkPrice(symbol, at, D(price), D("0.0001"), later(at, 3600))
        self.exchange.on_market(mark)
        return mark

    def funding(self, rate: str, mark: str, *, symbol: Symbol = BTC) -> FundingSettled:
        """A funding instant."""
        settled = FundingSettled(symbol, self.tick(), D(rate), D(mark))
        self.exchange.on_market(settled)
        return settled

    def next_id(self) -> ClientOrderId:
        """A fresh client id."""
        self.orders += 1
        return ClientOrderId(f"tt-{self.orders}")

    async def send(self, order: Intent, client_order_id: str | None = None) -> SubmitOutcome:
        """Submit the order."""
        return await self.exchange.submit(ClientOrderId(client_order_id) if client_order_id else self.next_id(), order)

    async def place(self, order: Intent, client_order_id: str | None = None) -> OrderReport:
        """Submit the order, which must be taken."""
        outcome = await self.send(order, client_order_id)
        assert isinstance(outcome, Accepted), outcome
        return outcome.report

    async def hold(self, side: Side, quantity: str, at: str = "100000") -> None:
        """Buy or sell at the market until the position is there, at the touch, with plenty of size."""
        await self.place(intent(side, quantity))
        if side is Side.BUY:
            self.quote(D(at) - D("0.1"), at, size="1000")
        else:
            self.quote(at, size="1000")

    async def order(self, report: OrderReport) -> OrderReport:
        """The order as it is now."""
        found = await self.exchange.query(report.symbol, report.client_order_id)
        assert found is not None
        return found

    async def account(self) -> AccountReport:
        """The account as it is now."""
        return await self.exchange.account_report()

    async def held(self, symbol: Symbol = BTC) -> HeldPosition | None:
        """The position in the symbol."""
        account = await self.account()
        return next((p for p in account.positions if p.symbol == symbol), None)

    async def quantity(self, symbol: Symbol = BTC) -> Decimal:
        """How much is held, signed."""
        held = await self.held(symbol)
        return held.quantity if held else D(0)

    async def news(self) -> list[AccountEvent]:
        """Everything that has been told and not been listened to, in order."""
        told: list[AccountEvent] = []
        waiting = self.exchange._news._waiting
        while not waiting.empty():
            event = waiting.get_nowait()
            if event is not None:
                told.append(event)
        return told
