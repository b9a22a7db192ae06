"""An adapter on a loopback account, with its news collected, and the intents that tests send through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from tests.fakes.loopback import BTC, ETH, LoopbackBench
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.order import Intent, OrderType, Purpose, TimeInForce
from tui_trader.core.words import Actor, ClientOrderId, Mode, Side
from tui_trader.exchange.binance.environment import Environment, Key, environment_of
from tui_trader.exchange.binance.exchange import BinanceExchange
from tui_trader.exchange.binance.opening import open_exchange
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import AccountEvent, ExchangeUnavailable

T = TypeVar("T")
D = Decimal
_WITHIN = 5.0


@dataclass
class Account:
    """The adapter and what it has told."""

    bench: LoopbackBench
    exchange: BinanceExchange
    session: Session
    news: list[AccountEvent] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0

    def new_id(self) -> ClientOrderId:
        """An id that was not used yet."""
        self._number += 1
        return ClientOrderId(f"tt-test{self._number:04}")

    async def listen(self) -> None:
        """Collect the news."""
        async for event in self.exchange.events():
            self.news.append(event)
            self._came.set()

    def heard(self, kind: type[T]) -> list[T]:
        """The news of this kind so far."""
        return [event for event in self.news if isinstance(event, kind)]

    async def hear(self, kind: type[T], count: int = 1) -> list[T]:
        """The news of this kind, once there are so many."""
        async with asyncio.timeout(_WITHIN):
            while len(self.heard(kind)) < count:
                self._came.clear()
                await self._came.wait()
        return self.heard(kind)

    async def live(self) -> None:
        """Wait until the account's stream is live."""
        assert await self.exchange._listening.stream.live(_WITHIN)

    async def lost(self) -> None:
        """Wait until it is not."""
        async with asyncio.timeout(_WITHIN):
            while self.exchange.is_heard:
                await asyncio.sleep(0.01)


def environment_at(bench: LoopbackBench, mode: Mode = Mode.DEMO) -> Environment:
    """The loopback exchange as an environment of that mode."""
    key = Key(bench.credentials.key, bench.credentials.secret)
    return environment_of(mode, rest_url=bench.exchange.rest_url, stream_url=bench.exchange.stream_url, key=key)


@asynccontextmanager
async def opened(bench: LoopbackBench, environment: Environment | None = None) -> AsyncIterator[Account]:
    """The adapter, live, until the block ends."""
    session = Session(environment or environment_at(bench), WallClock(), Chance(1))
    try:
        exchange = await open_exchange(session, (BTC, ETH))
    except ExchangeUnavailable:
        await session.close()
        raise
    account = Account(bench, exchange, session)
    listening = asyncio.create_task(account.listen())
    try:
        yield account
    finally:
        await exchange.close()
        await listening


def entry(quantity: str = "0.010", price: str = "60500", time_in_force: TimeInForce = TimeInForce.IOC) -> Intent:
    """A buy of bitcoin; at the default price it trades at once."""
    return Intent(
        symbol=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D(quantity),
        price=D(price),
        time_in_force=time_in_force,
        purpose=Purpose.ENTRY,
        actor=Actor.AGENT,
    )


def resting() -> Intent:
    """A buy that waits below the market."""
    return entry(price="58000", time_in_force=TimeInForce.GTC)


def close(quantity: str = "0.010") -> Intent:
    """A reduce-only sale at the market."""
    return Intent(
        symbol=BTC,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=D(quantity),
        reduce_only=True,
        purpose=Purpose.EXIT,
        actor=Actor.SYSTEM,
    )


def stop(price: str = "59000") -> Intent:
    """A stop that closes a long position."""
    return Intent(
        symbol=BTC,
        side=Side.SELL,
        type=OrderType.STOP_MARKET,
        quantity=D("0.010"),
        stop_price=D(price),
        reduce_only=True,
        close_position=True,
        purpose=Purpose.STOP,
        actor=Actor.SYSTEM,
    )
