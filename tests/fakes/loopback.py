"""A loopback exchange with a market that a test moves by hand, and a client that speaks its protocol in the raw."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from tui_trader.core.clock import NANOSECONDS, Instant, WallClock, to_milliseconds
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import BookSnapshot, Candle, FundingSettled, MarketEvent, MarketTrade, MarkPrice, Quote
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.options import Credentials, LoopbackOptions
from tui_trader.exchange.loopback.server import LoopbackExchange

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
CREDENTIALS = Credentials(key="k" * 64, secret="s" * 64)
PRICES = {BTC: Decimal(60_000), ETH: Decimal(3_000)}
_SOON = 5.0


def known(symbol: Symbol) -> Instrument:
    found = instrument(symbol)
    assert found is not None
    return found


class HandMarket:
    """A source that says nothing by itself; `LoopbackBench` speaks for it."""

    name = "by hand"

    def __init__(self, instruments: Mapping[Symbol, Instrument] | None = None) -> None:
        self._instruments = instruments or {symbol: known(symbol) for symbol in (BTC, ETH)}

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        return self._instruments

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        minute = 60 * NANOSECONDS
        end = before - before % minute
        price = PRICES[symbol]
        return tuple(
            Candle(symbol, Instant(end - back * minute), 60, price, price + 10, price - 10, price, Decimal(2))
            for back in range(count, 0, -1)
        )

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        await asyncio.Event().wait()
        yield FundingSettled(BTC, Instant(0), Decimal(0), Decimal(0))  # never: it makes this a generator


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]
    text: str = ""


@dataclass
class LoopbackBench:
    """An exchange in this process, with one hand on its market and the other on the wire."""

    exchange: LoopbackExchange
    session: aiohttp.ClientSession
    credentials: Credentials = CREDENTIALS
    prices: dict[Symbol, Decimal] = field(default_factory=lambda: dict(PRICES))

    async def open_market(self) -> None:
        """Touch, mark and a deep book for every symbol."""
        for symbol in self.exchange.floor.tapes:
            await self.price(symbol, self.prices[symbol])

    async def price(self, symbol: Symbol, price: Decimal | int, size: str = "50") -> None:
        """The market is here now: mark, touch (one tick to each side), and ten levels behind it."""
        price, tick, quantity = Decimal(price), self.exchange.floor.tapes[symbol].instrument.tick, Decimal(size)
        self.prices[symbol] = price
        await self.mark(symbol, price)
        await self.exchange.hear(Quote(symbol, Instant(0), price - tick, quantity, price + tick, quantity))
        bids = tuple((price - tick * step, quantity) for step in range(1, 11))
        asks = tuple((price + tick * step, quantity) for step in range(1, 11))
        number = self.exchange.floor.tapes[symbol].book.last_id + 1
        await self.exchange.hear(BookSnapshot(symbol, Instant(0), number, bids, asks))

    async def mark(self, symbol: Symbol, price: Decimal | int) -> None:
        """The mark price alone moves."""
        ahead = Instant(3600 * NANOSECONDS)
        await self.exchange.hear(MarkPrice(symbol, Instant(0), Decimal(price), Decimal("0.0001"), ahead))

    async def trade(self, symbol: Symbol, price: Decimal | int, quantity: str, *, sold: bool) -> None:
        """Others trade."""
        await self.exchange.hear(MarketTrade(symbol, Instant(0), Decimal(price), Decimal(quantity), sold))

    async def call(self, method: str, path: str, **params: str | float) -> Answer:
        """A signed request, as of now unless it says otherwise."""
        stamped = {"timestamp": to_milliseconds(WallClock().now()), **params}
        query = urlencode({name: str(value) for name, value in stamped.items()})
        return await self.raw(method, f"{path}?{query}&signature={sign(self.credentials.secret, query)}")

    async def public(self, path: str, **params: str | float) -> Any:
        """The body of a public request that must succeed."""
        answer = await self.raw("GET", f"{path}?{urlencode(params)}")
        assert answer.status == 200, answer
        return answer.body

    async def raw(
        self, method: str, target: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request as it is; the URL is not touched."""

        given = {"X-MBX-APIKEY": self.credentials.key} if headers is None else headers
        async with self.session.request(
            method,
            URL(self.exchange.rest_url + target, encoded=True),
            data=body,
            headers={**given, "Content-Type": "application/x-www-form-urlencoded"},
            timeout=aiohttp.ClientTimeout(total=_SOON),
        ) as response:
            text = await response.text()
            body_read = msgspec.json.decode(text) if response.content_type == "application/json" and text else text
            return Answer(response.status, body_read, dict(response.headers), text)

    async def ok(self, method: str, path: str, **params: str | float) -> Any:
        """The body of a request that must succeed."""
        answer = await self.call(method, path, **params)
        assert answer.status == 200, answer
        return answer.body

    async def code(self, method: str, path: str, **params: str | float) -> int:
        """The code with which a request is refused."""
        answer = await self.call(method, path, **params)
        assert answer.status != 200, answer
        return int(answer.body["code"])

    async def market(self, side: str, quantity: str, symbol: Symbol = BTC, **more: str) -> Any:
        """A market order."""
        wanted: dict[str, str] = {"newOrderRespType": "RESULT", **more}
        return await self.ok(
            "POST", "/fapi/v1/order", symbol=symbol, side=side, type="MARKET", quantity=quantity, **wanted
        )

    async def limit(self, side: str, quantity: str, price: Decimal | int, symbol: Symbol = BTC, **more: str) -> Any:
        """A limit order, GTC unless said otherwise."""
        wanted: dict[str, str] = {"timeInForce": "GTC", **more}
        return await self.ok(
            "POST",
            "/fapi/v1/order",
            symbol=symbol,
            side=side,
            type="LIMIT",
            quantity=quantity,
            price=str(price),
            **wanted,
        )

    async def stop(self, side: str, trigger: Decimal | int, symbol: Symbol = BTC, **more: str) -> Any:
        """A protective stop on the mark price."""
        wanted: dict[str, str] = {"workingType": "MARK_PRICE", "type": "STOP_MARKET", "closePosition": "true", **more}
        return await self.ok(
            "POST",
            "/fapi/v1/algoOrder",
            algoType="CONDITIONAL",
            symbol=symbol,
            side=side,
            triggerPrice=str(trigger),
            **{name: value for name, value in wanted.items() if value},
        )

    @asynccontextmanager
    async def listen(self, path: str) -> AsyncIterator["Ear"]:
        """A WebSocket on this path."""
        async with self.session.ws_connect(self.exchange.stream_url + path, autoping=True) as ws:
            yield Ear(ws)

    @asynccontextmanager
    async def listen_user(self) -> AsyncIterator["Ear"]:
        """The account's stream."""
        key = (await self.ok_key("POST"))["listenKey"]
        async with self.listen(f"/private/ws?listenKey={key}") as ear:
            await ear.ask("LIST_SUBSCRIPTIONS")  # once it is answered, the server has it
            yield ear

    async def ok_key(self, method: str) -> Any:
        """A listen key request, which needs no signature."""
        answer = await self.raw(method, "/fapi/v1/listenKey")
        assert answer.status == 200, answer
        return answer.body


class Ear:
    """One WebSocket connection."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self._asked = 0

    async def hear(self, within: float = _SOON) -> Any:
        """The next message."""
        return msgspec.json.decode(await self.ws.receive_str(timeout=within))

    async def hear_event(self, kind: str) -> Any:
        """The next event of this kind."""
        while True:
            message = await self.hear()
            data = message.get("data", message)
            if data.get("e") == kind:
                return data

    async def ask(self, method: str, *params: str | bool) -> Any:
        """A request on the connection, and its answer; what comes before that is passed over."""
        self._asked += 1
        await self.ws.send_str(msgspec.json.encode({"method": method, "params": params, "id": self._asked}).decode())
        while (answer := await self.hear()).get("id") != self._asked:
            pass
        return answer

    async def combine(self) -> None:
        """From now on messages name their stream."""
        await self.ask("SET_PROPERTY", *("combined", True))

    async def is_silent(self) -> bool:
        """Whether nothing has come by the time that the server has answered a question."""
        await self.ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":0}')
        message = await self.hear()
        return bool(message.get("id") == 0 and "result" in message)


def sign(secret: str, text: str) -> str:
    """HMAC-SHA256 in hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@asynccontextmanager
async def loopback(
    folder: Path | None = None, market: HandMarket | None = None, **changed: Any
) -> AsyncIterator[LoopbackBench]:
    """A running exchange with an open market. `changed` are options that differ."""
    options = replace(LoopbackOptions(credentials=CREDENTIALS), **changed)
    async with (
        LoopbackExchange(options, market or HandMarket(), folder=folder) as exchange,
        aiohttp.ClientSession() as session,
    ):
        bench = LoopbackBench(exchange, session, options.credentials)
        await bench.open_market()
        yield bench
