"""Conformance: ccxt's streams. Its connections are numbered, not named after streams, and it routes by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from tests.fakes.loopback import BTC, LoopbackBench
from tests.integration.loopback.conftest import PAIR

T = TypeVar("T")


async def heard(bench: LoopbackBench, watching: Awaitable[T]) -> T:
    """What a watcher hears of a market that moves until it has."""
    watch = asyncio.ensure_future(watching)
    async with asyncio.timeout(20):
        price = 60_000
        while not watch.done():
            price += 1
            await bench.price(BTC, price)
            await bench.trade(BTC, price, "0.5", sold=True)
            bench.exchange.floor.hall.tell_tickers()
            await asyncio.wait([watch], timeout=0.02)
    return watch.result()


@pytest.mark.parametrize(
    ("watch", "seen"),
    [
        (lambda client: client.watch_trades(PAIR), lambda trades: trades[-1]["amount"] == 0.5),
        (lambda client: client.watch_ohlcv(PAIR, "1m"), lambda candles: candles[-1][4] >= 60_000),
        (lambda client: client.watch_mark_price(PAIR), lambda ticker: ticker["markPrice"] > 60_000),
        (lambda client: client.watch_ticker(PAIR), lambda ticker: ticker["last"] >= 60_000),
        (lambda client: client.watch_bids_asks([PAIR]), lambda found: found[PAIR]["bid"] >= 60_000),
    ],
    ids=["trades", "candles", "mark", "ticker", "touch"],
)
async def test_the_market_is_heard(
    bench: LoopbackBench, ccxt_client: Any, watch: Callable[[Any], Awaitable[Any]], seen: Callable[[Any], bool]
) -> None:
    assert seen(await heard(bench, watch(ccxt_client)))


async def test_its_book_is_the_exchanges(bench: LoopbackBench, ccxt_client: Any) -> None:
    book = await heard(bench, ccxt_client.watch_order_book(PAIR))
    while book["nonce"] != bench.exchange.floor.tapes[BTC].book.last_id:
        book = await asyncio.wait_for(ccxt_client.watch_order_book(PAIR), 5)
    bids, asks = bench.exchange.floor.tapes[BTC].book.levels(10)
    assert [tuple(level) for level in book["bids"][:10]] == [(float(price), float(size)) for price, size in bids]
    assert [tuple(level) for level in book["asks"][:10]] == [(float(price), float(size)) for price, size in asks]


async def test_the_account_is_heard(bench: LoopbackBench, ccxt_client: Any) -> None:
    await bench.market("BUY", "0.010")  # its positions begin with those that it asks for
    watches = [
        asyncio.ensure_future(watching)
        for watching in (
            ccxt_client.watch_orders(PAIR),
            ccxt_client.watch_my_trades(PAIR),
            ccxt_client.watch_balance(),
            ccxt_client.watch_positions([PAIR]),
        )
    ]
    async with asyncio.timeout(20):
        while not bench.exchange.floor.users.is_heard:
            await asyncio.wait(watches, timeout=0.02)
        while not all(watch.done() for watch in watches):
            await bench.market("BUY", "0.010")
            await asyncio.wait(watches, timeout=0.1)
    orders, trades, balance, positions = (watch.result() for watch in watches)
    assert orders[-1]["symbol"] == PAIR
    assert trades[-1]["price"] == 60000.1
    assert balance["USDT"]["total"] < 10_000
    assert positions[-1]["side"] == "long"
