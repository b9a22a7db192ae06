"""Requests: admitted by the governor, reads tried again, writes sent once, answers typed."""

import asyncio
from collections.abc import Callable
from statistics import median
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_exponential

from tui_trader.core.clock import Clock
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import ServerTime, Unreadable, read_as
from tui_trader.exchange.binance.client import Client, RequestFailed
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.failures import Failure, Verdict
from tui_trader.exchange.binance.governor import Governor, Urgency
from tui_trader.exchange.ports import ExchangeUnavailable

T = TypeVar("T")

_ATTEMPTS = 3
_TRY_FOR = 1.5
"""Seconds within which a read is begun again; whoever asks waits three."""
_SAMPLES = 3


class ReadFailed(ExchangeUnavailable):
    """A read failed; `failure` says how."""

    def __init__(self, endpoint: Endpoint, failure: Failure) -> None:
        super().__init__(f"{endpoint}: {failure.text}")
        self.failure = failure


class Rest:
    """All requests to one environment go through here."""

    def __init__(self, client: Client, governor: Governor, clock: Clock) -> None:
        """`failed` may be set to hear of every failure."""
        self._client = client
        self._governor = governor
        self._clock = clock
        self._measuring = asyncio.Lock()
        self.offset = 0
        """Milliseconds by which the exchange's clock is ahead of this machine's."""
        self.failed: Callable[[Failure], None] = lambda _: None

    async def read(self, endpoint: Endpoint, kind: type[T], *, urgency: Urgency = Urgency.ROUTINE, **params: str) -> T:
        """What the exchange says, tried again where the way there failed. Raises ReadFailed, ExchangeUnavailable."""
        attempts = AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_TRY_FOR),
            wait=wait_exponential(multiplier=0.1, max=0.5),
            retry=retry_if_exception(_is_worth_another_try),
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            return await attempts(self._once, endpoint, kind, urgency, params)
        except RequestFailed as error:
            self.failed(error.failure)
            raise ReadFailed(endpoint, error.failure) from None

    async def write(self, endpoint: Endpoint, kind: type[T], *, urgency: Urgency = Urgency.VITAL, **params: str) -> T:
        """Send it, once. Raises RequestFailed; what the governor holds back is NOT_SENT."""
        try:
            return await self._once(endpoint, kind, urgency, params)
        except ExchangeUnavailable as error:
            raise RequestFailed(Failure(Verdict.NOT_SENT, 0, str(error))) from None
        except RequestFailed as error:
            self.failed(error.failure)
            raise

    async def _once(self, endpoint: Endpoint, kind: type[T], urgency: Urgency, params: dict[str, str]) -> T:
        if why := self._governor.refusal(urgency, weight=endpoint.weight, orders=endpoint.orders):
            raise ExchangeUnavailable(f"{endpoint}: held back, {why}")
        answer = await self._client.ask(endpoint, params)
        try:
            return read_as(kind, answer)
        except Unreadable as error:
            raise RequestFailed(Failure(Verdict.UNKNOWN, 0, str(error))) from None

    async def measure_offset(self) -> None:
        """Set the clock's offset from the exchange's time: the median of three answers. Raises ExchangeUnavailable."""
        async with self._measuring:
            offsets: list[int] = []
            for _ in range(_SAMPLES):
                before = self._client.machine_time()
                told = await self.read(endpoints.TIME, ServerTime, urgency=Urgency.VITAL)
                offsets.append(told.server_time - (before + self._client.machine_time()) // 2)
            self.offset = int(median(offsets))
            self._client.set_offset(self.offset)

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()


def _is_worth_another_try(error: BaseException) -> bool:
    return isinstance(error, RequestFailed) and error.failure.verdict in (Verdict.UNKNOWN, Verdict.NOT_SENT)
