"""The listening half of the account: what its stream tells, in order, and whether it can be believed to tell all."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import assert_never

from tui_trader.core.clock import Instant, elapsed, later
from tui_trader.core.order import Fill
from tui_trader.core.recent import Recent
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import Symbol, TradeId
from tui_trader.exchange.binance.failures import Failure
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.incomes import Incomes
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.binance.user_events import Hint, Occasion, Told
from tui_trader.exchange.binance.user_stream import UserStream
from tui_trader.exchange.ports import AccountEvent, ExchangeUnavailable, OrderReport, StreamLost

_MEASURE_EVERY = 300.0
"""Seconds between two looks at the exchange's clock, and at the marks of what fees are paid in."""
_TOLD_WITHIN = 5.0
"""Seconds within which the stream tells a trade; one that only the list of trades knows means that it is deaf."""
_KEPT = 10_000
"""Trades that are remembered as told: lists reach back a minute, or to the first order that is still asked for."""
_INCOME_LAG = 120.0
"""Seconds by which a question for funding reaches back before the event that announced it."""


class Listening:
    """One account's news. `start` begins, `close` ends; between them `events` tells all in order."""

    def __init__(self, session: Session, names: Names, incomes: Incomes, fees: Fees) -> None:
        """`incomes` is asked for amounts where the stream only says that money moved, `fees` for their worth."""
        self._session = session
        self._incomes = incomes
        self._fees = fees
        self._news: asyncio.Queue[AccountEvent | None] = asyncio.Queue()
        self.stream = UserStream(session, names, fees, tell=self._hear, lost=self._lose)
        self._told: Recent[tuple[Symbol, TradeId]] = Recent(_KEPT)
        self._live_since: Instant | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.locked_out = ""
        """Why key or account are refused as such; empty while they are not."""
        session.rest.failed = self._learn_from

    @property
    def is_heard(self) -> bool:
        """Whether the account's stream is live and its key good."""
        return self.stream.is_live and not self.locked_out

    async def start(self, *, within: float) -> None:
        """Begin to listen; returns when the stream is live, or after `within` seconds all the same."""
        self._spawn("user stream", self.stream.run())
        self._spawn("clock and marks", self._keep_up())
        await self._fees.refresh()
        await self.stream.live(within)
        self._live_since = self._session.clock.now()

    async def events(self) -> AsyncIterator[AccountEvent]:
        """News in order; ends when it is closed."""
        while (event := await self._news.get()) is not None:
            yield event
        self._news.put_nowait(None)  # for whoever listens next: it is over

    async def close(self) -> None:
        """Stop listening; whoever reads the events reads on to their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.stream.close()
        self._news.put_nowait(None)

    def look_for_silence(self, fills: Sequence[Fill]) -> None:
        """The list of trades has these: those since the stream is live, and no news any more, it must have told."""
        now = self._session.clock.now()
        live_since = self._live_since
        if not self.stream.is_live:
            return
        untold = [
            fill
            for fill in fills
            if (fill.symbol, fill.trade_id) not in self._told
            and elapsed(fill.time, now) > _TOLD_WITHIN
            and live_since is not None
            and fill.time > live_since
        ]
        self._remember(fills)
        if untold:
            self.stream.suspect(f"the account stream did not tell trade {untold[0].trade_id}")

    def _hear(self, told: Told) -> None:
        match told:
            case Fill(foreign_fee=taken):
                self._remember((told,))
                if taken is not None and taken.is_estimate:
                    self._spawn("marks of fees", self._fees.refresh())  # the next one is then known
                self._news.put_nowait(told)
            case OrderReport():
                self._news.put_nowait(told)
            case Occasion(hint=Hint.MONEY_MOVED):
                self._spawn("income", self._tell_income(told.time))
            case Occasion():
                self._lose(told.text)
            case _:
                assert_never(told)

    def _lose(self, why: str) -> None:
        self._live_since = self._session.clock.now()
        self._news.put_nowait(StreamLost(why))

    async def _tell_income(self, time: Instant) -> None:
        since = later(time, -_INCOME_LAG)
        try:
            booked: Sequence[FundingBooked | TransferBooked] = (
                *await self._incomes.funding_since(since),
                *await self._incomes.transfers_since(since),
            )
        except ExchangeUnavailable as error:
            self._lose(f"money moved, and how much is not answered: {error}")
            return
        for each in booked:
            self._news.put_nowait(each)

    def _remember(self, fills: Sequence[Fill]) -> None:
        for fill in fills:
            self._told.add((fill.symbol, fill.trade_id))

    def _learn_from(self, failure: Failure) -> None:
        if failure.is_lockout:
            self.locked_out = failure.text
            self._lose(f"the exchange refuses key or account: {failure.text}")
        if failure.is_of_the_clock:
            self._spawn("exchange clock, once", self._set_clock())

    async def _keep_up(self) -> None:
        while True:
            await self._session.clock.sleep(_MEASURE_EVERY)
            await self._set_clock()
            await self._fees.refresh()

    async def _set_clock(self) -> None:
        try:
            await self._session.rest.measure_offset()
        except ExchangeUnavailable:
            return  # the offset of before is the best there is; a request that it fails says so

    def _spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
