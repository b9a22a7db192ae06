"""The exchange among running tasks, in virtual time: what is in flight, and what the stream tells meanwhile."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

from tests.unit.exchange.bench import BTC, DAYBREAK, D, instrument, intent
from tui_trader.core.clock import LoopClock, PacedLoop, later
from tui_trader.core.market import Candle, FeedGap, MarkPrice, Quote
from tui_trader.core.order import Fill
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.exchange.paper import PaperExchange
from tui_trader.exchange.ports import Accepted, AccountEvent, NotSent, OrderReport, Refused

SECONDS = 10


async def pump(exchange: PaperExchange, clock: LoopClock) -> None:
    """A mark and a quote each second; the bid is 100,000 plus the second."""
    for second in range(SECONDS):
        at = later(DAYBREAK, second)
        await clock.sleep_until(at)
        exchange.on_market(MarkPrice(BTC, at, D(100000), D("0.0001"), at))
        bid = D(100000) + second
        exchange.on_market(Quote(BTC, at, bid, D(10), bid + D("0.1"), D(10)))


def in_virtual_time(trade: Callable[[PaperExchange, LoopClock], Coroutine[Any, Any, None]]) -> list[AccountEvent]:
    """Run `trade` beside a market of ten seconds; the answer is what the stream told."""
    told: list[AccountEvent] = []

    async def listen(exchange: PaperExchange) -> None:
        told.extend([event async for event in exchange.events()])

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        clock = LoopClock(loop, DAYBREAK)
        exchange = PaperExchange.open(None, {BTC: instrument()}, clock)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listen(exchange))
            market = tasks.create_task(pump(exchange, clock))
            await trade(exchange, clock)
            await market
            await exchange.close()
        clock.close()

    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace=math.inf, deadlock_is_error=True)) as runner:
        runner.run(run())
    return told


def test_an_order_trades_at_the_first_quote_after_its_flight() -> None:
    async def trade(exchange: PaperExchange, clock: LoopClock) -> None:
        await clock.sleep_until(later(DAYBREAK, 2.96))
        outcome = await exchange.submit(ClientOrderId("tt-1"), intent(Side.BUY, "0.01"))
        assert isinstance(outcome, Accepted)
        assert outcome.report.time == later(DAYBREAK, 3.01)

    accepted, fill, _ = in_virtual_time(trade)
    assert isinstance(accepted, OrderReport)
    assert isinstance(fill, Fill)
    assert (fill.time, fill.price) == (later(DAYBREAK, 4), D("100004.1"))


def test_two_orders_in_flight_with_one_id_are_one_order() -> None:
    async def trade(exchange: PaperExchange, clock: LoopClock) -> None:
        await clock.sleep_until(later(DAYBREAK, 1.5))
        send = [exchange.submit(ClientOrderId("tt-1"), intent(Side.BUY, "0.01")) for _ in range(2)]
        first, second = await asyncio.gather(*send)
        assert isinstance(first, Accepted)
        assert isinstance(second, Refused)
        assert second.code == -4116

    assert len([e for e in in_virtual_time(trade) if isinstance(e, Fill)]) == 1


def test_a_caller_that_is_cancelled_in_flight_has_sent_nothing() -> None:
    async def trade(exchange: PaperExchange, clock: LoopClock) -> None:
        await clock.sleep_until(later(DAYBREAK, 1.5))
        sending = asyncio.ensure_future(exchange.submit(ClientOrderId("tt-1"), intent(Side.BUY, "0.01")))
        await clock.sleep(0.02)
        sending.cancel()
        await clock.sleep(exchange.settle_time)
        assert await exchange.query(BTC, ClientOrderId("tt-1")) is None

    assert in_virtual_time(trade) == []


def test_what_is_in_flight_when_the_exchange_closes_never_arrives() -> None:
    async def trade(exchange: PaperExchange, clock: LoopClock) -> None:
        await clock.sleep_until(later(DAYBREAK, 1.5))
        sending = asyncio.ensure_future(exchange.submit(ClientOrderId("tt-1"), intent(Side.BUY, "0.01")))
        cancelling = asyncio.ensure_future(exchange.cancel(BTC, ClientOrderId("tt-1")))
        await clock.sleep(0.02)
        await exchange.close()
        assert isinstance(await sending, NotSent)
        assert isinstance(await cancelling, NotSent)

    assert in_virtual_time(trade) == []


def test_candles_and_gaps_are_no_business_of_the_exchange() -> None:
    async def trade(exchange: PaperExchange, clock: LoopClock) -> None:
        await clock.sleep_until(later(DAYBREAK, 1.5))
        exchange.on_market(Candle(BTC, DAYBREAK, 60, D(1), D(1), D(1), D(1), D(1)))
        exchange.on_market(FeedGap(BTC, clock.now(), DAYBREAK))
        assert exchange.market_time == later(DAYBREAK, 1)

    assert in_virtual_time(trade) == []


def test_the_exchange_says_what_it_is() -> None:
    async def trade(exchange: PaperExchange, clock: LoopClock) -> None:
        report = await exchange.account_report()
        assert (exchange.name, exchange.account) == ("paper", "paper")
        assert (report.not_isolated, report.one_way, report.single_asset) == ((), True, True)
        assert report.time == clock.now()
        assert await exchange.instruments() == {BTC: instrument()}
        assert exchange.settle_time > 0.05

    in_virtual_time(trade)
