"""Market streams: routes, framing, subscriptions, and a depth chain that fits the snapshot."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest

from tests.fakes.loopback import BTC, ETH, LoopbackBench, loopback
from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.exchange.loopback import connection as connection_module
from tui_trader.exchange.loopback.frames import text_frame
from tui_trader.exchange.loopback.options import Limits

D = Decimal
PUBLIC = ["btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@trade"]
MARKET = ["btcusdt@markPrice@1s", "btcusdt@aggTrade"]


async def everything_happens(bench: LoopbackBench) -> None:
    await bench.price(BTC, 60_100)
    await bench.trade(BTC, 60_100, "0.5", sold=True)


@pytest.mark.parametrize(
    ("route", "streams", "events"),
    [
        ("public", PUBLIC, {"bookTicker", "depthUpdate", "trade"}),
        ("market", MARKET, {"markPriceUpdate", "aggTrade"}),
    ],
)
async def test_by_its_own_route_a_stream_tells(
    bench: LoopbackBench, route: str, streams: list[str], events: set[str]
) -> None:
    async with bench.listen(f"/{route}/ws/0") as ear:
        assert await ear.ask("SUBSCRIBE", *streams) == {"result": None, "id": 1}
        await everything_happens(bench)
        assert {(await ear.hear())["e"] for _ in events} == events


@pytest.mark.parametrize(
    ("path", "streams"),
    [
        ("/market/ws", PUBLIC),
        ("/public/ws", MARKET),
        ("/ws", MARKET),
        ("/private/ws", [*PUBLIC, *MARKET]),
        ("/public/ws", ["nonsense", "btcusdt@nothing", "noneusdt@trade", "BTCUSDT@trade"]),
    ],
)
async def test_by_a_wrong_route_it_is_acknowledged_and_silent(
    bench: LoopbackBench, path: str, streams: list[str]
) -> None:
    async with bench.listen(path) as ear:
        assert (await ear.ask("SUBSCRIBE", *streams))["result"] is None
        assert (await ear.ask("LIST_SUBSCRIPTIONS"))["result"] == streams
        await everything_happens(bench)
        assert await ear.is_silent()


async def test_without_a_route_public_data_is_told(bench: LoopbackBench) -> None:
    async with bench.listen("/stream?streams=btcusdt@trade") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await everything_happens(bench)
        message = await ear.hear()
    assert (message["stream"], message["data"]["p"]) == ("btcusdt@trade", "60100.0")


async def test_the_path_may_name_streams_and_a_property_changes_the_framing(bench: LoopbackBench) -> None:
    async with bench.listen("/public/ws/btcusdt@trade/ethusdt@trade") as ear:
        assert (await ear.ask("GET_PROPERTY", "combined"))["result"] is False
        await bench.trade(ETH, 3_000, "1", sold=False)
        assert (await ear.hear())["s"] == ETH
        await ear.combine()
        await ear.ask("UNSUBSCRIBE", "ethusdt@trade")
        await bench.trade(ETH, 3_000, "1", sold=False)
        await bench.trade(BTC, 60_000, "1", sold=False)
        assert (await ear.hear())["stream"] == "btcusdt@trade"


@pytest.mark.parametrize("text", ["{", '{"params":[]}', '{"method":"NOTHING","id":1}'])
async def test_a_request_that_cannot_be_read_is_told_so(bench: LoopbackBench, text: str) -> None:
    async with bench.listen("/public/ws") as ear:
        await ear.ws.send_str(text)
        assert "error" in await ear.hear()


async def test_more_than_ten_messages_a_second_end_the_connection(bench: LoopbackBench) -> None:
    async with bench.listen("/public/ws") as ear:
        for _ in range(11):
            await ear.ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        kinds = [(await ear.ws.receive(timeout=5)).type for _ in range(11)]
    assert aiohttp.WSMsgType.CLOSE in kinds or aiohttp.WSMsgType.CLOSED in kinds


async def test_a_message_of_any_length_arrives_as_it_is_and_uncompressed(bench: LoopbackBench) -> None:
    messages = ["x" * length for length in (1, 125, 126, 127, 65_535, 65_536, 200_000)]
    url = bench.exchange.stream_url + "/public/ws"
    async with bench.session.ws_connect(url, compress=15) as ws:
        await ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        await ws.receive(timeout=5)
        (connection,) = bench.exchange.sockets.connections
        for message in messages:
            connection.write(text_frame(message.encode()))
        assert [await ws.receive_str(timeout=5) for _ in messages] == messages
        assert ws.compress == 0


async def test_a_slow_reader_is_cut_off_and_stops_nobody_else(
    bench: LoopbackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "_BACKLOG", 1000)
    async with bench.listen("/public/ws/btcusdt@trade") as slow, bench.listen("/public/ws/ethusdt@trade") as other:
        for ear in (slow, other):
            await ear.ask("LIST_SUBSCRIPTIONS")
        frame = text_frame(b"x" * 60_000)
        victim = next(iter(bench.exchange.sockets.connections))
        for _ in range(1500):  # beyond what the system takes in for somebody who does not read, they wait here
            victim.write(frame)
            await asyncio.sleep(0)
        await bench.trade(ETH, 3_000, "1", sold=True)
        assert (await other.hear())["s"] == ETH
        async with asyncio.timeout(5):
            while victim in bench.exchange.sockets.connections:
                await asyncio.sleep(0.01)


async def test_a_connection_has_so_many_streams_at_most() -> None:
    async with loopback(limits=replace(Limits(), streams=2)) as bench, bench.listen("/public/ws") as ear:
        assert "error" in await ear.ask("SUBSCRIBE", *PUBLIC)
        assert (await ear.ask("SUBSCRIBE", *PUBLIC[:2]))["result"] is None


async def follow(bench: LoopbackBench, stream: str, books: int) -> OrderBook:
    """A client's book by the documented procedure: diffs first, then the snapshot, then what follows."""
    book = OrderBook(BTC)
    async with bench.listen(f"/public/ws/{stream}") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.price(BTC, 60_000)
        snapshot = await bench.public("/fapi/v1/depth", symbol=BTC, limit=1000)
        book.apply(
            BookSnapshot(BTC, Instant(1), snapshot["lastUpdateId"], *(levels(snapshot[s]) for s in ("bids", "asks")))
        )
        for number in range(books):
            await bench.price(BTC, 60_010 + number * D("0.7"), size=str(5 + number))
        while book.last_id != bench.exchange.floor.tapes[BTC].book.last_id:
            told = await ear.hear_event("depthUpdate")
            diff = BookDiff(BTC, Instant(1), told["U"], told["u"], told["pu"], levels(told["b"]), levels(told["a"]))
            assert book.apply(diff) is not BookUpdate.GAP
    return book


def levels(written: list[list[str]]) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((D(price), D(size)) for price, size in written)


@pytest.mark.parametrize("pace", ["", "@0ms", "@100ms", "@250ms", "@500ms"])
async def test_the_diffs_go_on_from_the_snapshot_and_lead_to_the_same_book(bench: LoopbackBench, pace: str) -> None:
    book = await follow(bench, f"btcusdt@depth{pace}", books=20)
    told = await bench.public("/fapi/v1/depth", symbol=BTC, limit=1000)
    assert (book.last_id, book.view().bids, book.view().asks) == (
        told["lastUpdateId"],
        levels(told["bids"]),
        levels(told["asks"]),
    )


async def test_each_pace_tells_as_seldom_as_its_name_says(bench: LoopbackBench) -> None:
    streams = [f"btcusdt@depth{pace}" for pace in ("@0ms", "@100ms", "@500ms")]
    heard = dict.fromkeys(streams, 0)
    async with bench.listen("/public/stream?streams=" + "/".join(streams)) as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        last = bench.exchange.floor.tapes[BTC].book.last_id + 30
        for number in range(30):
            await bench.price(BTC, 60_000 + number)
        told = await ear.hear()
        while not (told["stream"] == streams[-1] and told["data"]["u"] == last):
            heard[told["stream"]] += 1
            told = await ear.hear()
        heard[told["stream"]] += 1
    # However slow the machine is: of the faster stream there are never fewer.
    assert heard[streams[0]] == 30 >= heard[streams[1]] >= heard[streams[2]] >= 1
    assert heard[streams[2]] < 30


async def test_a_connection_is_closed_when_its_day_is_over_and_another_is_taken() -> None:
    async with loopback(limits=replace(Limits(), connection_seconds=0.1)) as bench:
        key = (await bench.ok_key("POST"))["listenKey"]
        for path in ("/public/ws/btcusdt@trade", f"/private/ws?listenKey={key}", "/public/ws/btcusdt@trade"):
            async with bench.listen(path) as ear:
                ended = await ear.ws.receive(timeout=5)
            assert (ended.type, ended.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.GOING_AWAY)


async def test_a_ping_is_sent_and_who_never_answers_is_cut_off() -> None:
    limits = replace(Limits(), ping_seconds=0.05, pong_seconds=0.15)
    async with loopback(limits=limits) as bench:
        url = bench.exchange.stream_url + "/public/ws/btcusdt@trade"
        async with bench.session.ws_connect(url, autoping=False) as silent, bench.session.ws_connect(url) as answering:
            assert (await silent.receive(timeout=5)).type is aiohttp.WSMsgType.PING
            asked = asyncio.create_task(answering.receive())  # which answers pings
            heard = await silent.receive(timeout=5)
            while heard.type is aiohttp.WSMsgType.PING:
                heard = await silent.receive(timeout=5)
            assert heard.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
            await bench.trade(BTC, 60_000, "1", sold=True)
            assert (await asked).type is aiohttp.WSMsgType.TEXT


async def test_the_marks_of_all_are_told_each_second_or_every_third(bench: LoopbackBench) -> None:
    names = ["!markPrice@arr", "!markPrice@arr@1s", "btcusdt@markPrice", "btcusdt@markPrice@1s"]
    async with bench.listen("/market/stream?streams=" + "/".join(names)) as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        for _ in range(6):
            await bench.mark(BTC, 60_000)
        told = [(await ear.hear())["stream"] for _ in range(2 + 6 + 2 + 6)]
        assert await ear.is_silent()
    assert [told.count(name) for name in names] == [2, 6, 2, 6]


async def test_a_partial_book_is_whole_each_time(bench: LoopbackBench) -> None:
    async with bench.listen("/public/ws/btcusdt@depth5@100ms") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.price(BTC, 60_050)
        told = await ear.hear_event("depthUpdate")
    assert [level[0] for level in told["b"]] == ["60049.9", "60049.8", "60049.7", "60049.6", "60049.5"]


async def test_a_kline_is_told_while_it_is_made(bench: LoopbackBench) -> None:
    async with bench.listen("/market/ws/btcusdt@kline_1m/btcusdt_perpetual@continuousKline_1m") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.trade(BTC, 60_500, "0.5", sold=False)
        bench.exchange.floor.hall.tell_klines()
        kline, continuous = await ear.hear_event("kline"), await ear.hear_event("continuous_kline")
    assert (kline["k"]["h"], kline["k"]["x"], continuous["ps"]) == ("60500.0", False, BTC)


async def test_tickers_are_told_for_one_and_for_all(bench: LoopbackBench) -> None:
    async with bench.listen("/market/stream?streams=btcusdt@ticker/!miniTicker@arr") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        bench.exchange.floor.hall.tell_tickers()
        heard = {m["stream"]: m["data"] for m in [await ear.hear(), await ear.hear()]}
    assert heard["btcusdt@ticker"]["c"] == "59999.9"
    assert [row["s"] for row in heard["!miniTicker@arr"]] == [BTC, ETH]
