"""An exchange between the desk and the paper exchange that fails as exchanges do, when a script says so."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TypeAlias, TypeVar, assert_never

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Clock, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.order import Fill, Intent, Purpose
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.ports import (
    AccountEvent,
    CancelOutcome,
    Exchange,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    StreamLost,
    SubmitOutcome,
    Uncertain,
)

T = TypeVar("T")
_NoAnswer: TypeAlias = NotSent | Refused | Uncertain


_PATIENCE = 5.0
"""Seconds after which a client gives up, as the adapter does."""


class WriteFault(Enum):
    """What becomes of an order or a cancel."""

    NONE = auto()
    EXECUTED = auto()
    """Done, and the answer is lost."""
    LOST = auto()
    """Not done, and no answer."""
    LOST_SLOWLY = auto()
    """Not done, and the client gives up waiting for an answer after some seconds."""
    DELAYED = auto()
    """No answer, and done some seconds later."""
    HANGS = auto()
    """Done, and no answer ever."""
    NOT_SENT = auto()
    REFUSED = auto()
    RAISES = auto()
    """Done, and the client breaks on the answer."""


class ReadFault(Enum):
    """What becomes of a question."""

    NONE = auto()
    UNAVAILABLE = auto()
    HANGS = auto()
    EMPTY = auto()
    """The exchange says that it does not know the order (of a query), or no fills yet; otherwise as NONE."""


class EventFault(Enum):
    """What becomes of a piece of news."""

    NONE = auto()
    LOST = auto()
    LOST_AND_SAID = auto()
    """Lost, but the stream says that it was interrupted."""
    TWICE = auto()
    LATE = auto()
    """Told after the next one."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An order that the desk handed over."""

    time: Instant
    client_order_id: ClientOrderId
    intent: Intent


def _well(_: object) -> WriteFault:
    return WriteFault.NONE


def _answered(_: str) -> ReadFault:
    return ReadFault.NONE


def _told(_: AccountEvent) -> EventFault:
    return EventFault.NONE


@dataclass
class Script:
    """What goes wrong: one function for each thing that can. Reads are named by their method."""

    submit: Callable[[Intent], WriteFault] = _well
    cancel: Callable[[ClientOrderId], WriteFault] = _well
    read: Callable[[str], ReadFault] = _answered
    event: Callable[[AccountEvent], EventFault] = _told
    shows_open: bool = True
    """Whether the list of open orders is up to date; else it is empty."""
    not_isolated: tuple[Symbol, ...] = ()
    one_way: bool = True
    single_asset: bool = True
    """How somebody else has set the account; where a request to set it back comes through, it is as it should be."""
    sets_modes: bool = True
    delay: float = 1.0
    """Seconds by which DELAYED is late; below `settle_time`, as an exchange promises."""


@dataclass
class FaultyExchange:
    """`Exchange` over another one. `door` is called with every order before anything else happens to it."""

    inner: Exchange
    clock: Clock
    script: Script = field(default_factory=Script)
    door: Callable[[ClientOrderId, Intent], None] | None = None
    submitted: list[Submission] = field(default_factory=list)
    unsent: set[ClientOrderId] = field(default_factory=set)
    """What was refused or never left: it cannot trade."""
    cancelled: list[ClientOrderId] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    settle_time: float = 2.0
    hears: bool = True
    one_closing_order: bool = False
    """Refuse a second close-position order of one type and side, as Binance does."""
    countdowns: list[tuple[Symbol, float]] = field(default_factory=list)
    """What was asked for with `cancel_all_after`."""
    _late: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def account(self) -> str:
        return self.inner.account

    @property
    def is_heard(self) -> bool:
        return self.hears and self.inner.is_heard

    @property
    def keeps_one_closing_order(self) -> bool:
        return self.one_closing_order or self.inner.keeps_one_closing_order

    def submitted_entries(self) -> list[Submission]:
        """The entries among what was handed over."""
        return [each for each in self.submitted if each.intent.purpose is Purpose.ENTRY]

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        return await self.inner.instruments()

    async def submit(self, client_order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        self.submitted.append(Submission(self.clock.now(), client_order_id, intent))
        if self.door is not None:
            self.door(client_order_id, intent)
        if self.one_closing_order and await self._closes_already(intent):
            return Refused(-4130, "An open stop or take profit order with closePosition in the direction is existing.")
        outcome = await self._write(self.script.submit(intent), lambda: self.inner.submit(client_order_id, intent))
        if isinstance(outcome, (Refused, NotSent)):
            self.unsent.add(client_order_id)
        return outcome

    async def _closes_already(self, intent: Intent) -> bool:
        kind = (intent.symbol, intent.type, intent.side)
        standing = [order for order in await self.inner.open_orders() if order.close_position]
        return intent.close_position and any((o.symbol, o.type, o.side) == kind for o in standing)

    async def cancel(self, symbol: Symbol, client_order_id: ClientOrderId) -> CancelOutcome:
        self.cancelled.append(client_order_id)
        fault = self.script.cancel(client_order_id)
        return await self._write(fault, lambda: self.inner.cancel(symbol, client_order_id))

    async def _write(self, fault: WriteFault, act: Callable[[], Coroutine[object, object, T]]) -> T | _NoAnswer:
        match fault:
            case WriteFault.NONE:
                return await act()
            case WriteFault.NOT_SENT:
                return NotSent("the connection was gone")
            case WriteFault.REFUSED:
                return Refused(-1001, "refused by the script")
            case WriteFault.LOST:
                return Uncertain("no answer, and it never arrived")
            case WriteFault.LOST_SLOWLY:
                await self.clock.sleep(_PATIENCE)
                return Uncertain("no answer in time, and it never arrived")
            case WriteFault.EXECUTED:
                await act()
                return Uncertain("no answer, but it arrived")
            case WriteFault.DELAYED:
                self._later(act())
                return Uncertain("no answer, and it arrives late")
            case WriteFault.HANGS:
                self._later(act(), after=0.0)
                await asyncio.get_running_loop().create_future()
                raise AssertionError
            case WriteFault.RAISES:
                await act()
                raise ConnectionResetError("the client breaks")
            case _:
                assert_never(fault)

    def _later(self, work: Coroutine[object, object, object], after: float | None = None) -> None:
        async def late() -> None:
            await self.clock.sleep(self.script.delay if after is None else after)
            await work

        task = asyncio.get_running_loop().create_task(late())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def query(self, symbol: Symbol, client_order_id: ClientOrderId) -> OrderReport | None:
        if await self._read("query") is ReadFault.EMPTY:
            return None
        return await self.inner.query(symbol, client_order_id)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        await self._read("open_orders")
        return await self.inner.open_orders() if self.script.shows_open else ()

    async def account_report(self) -> AccountReport:
        await self._read("account_report")
        script = self.script
        return replace(
            await self.inner.account_report(),
            not_isolated=script.not_isolated,
            one_way=script.one_way,
            single_asset=script.single_asset,
        )

    async def fills_since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        if await self._read("fills_since") is ReadFault.EMPTY:
            return ()
        return await self.inner.fills_since(symbol, since)

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        await self._read("funding_since")
        return await self.inner.funding_since(since)

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        await self._read("transfers_since")
        return await self.inner.transfers_since(since)

    async def cancel_all_after(self, symbol: Symbol, seconds: float) -> Refused | Uncertain | None:
        self.countdowns.append((symbol, seconds))
        return await self.inner.cancel_all_after(symbol, seconds)

    async def _read(self, name: str) -> ReadFault:
        self.reads.append(name)
        fault = self.script.read(name)
        match fault:
            case ReadFault.UNAVAILABLE:
                raise ExchangeUnavailable(f"{name} fails by the script")
            case ReadFault.HANGS:
                await asyncio.get_running_loop().create_future()
            case ReadFault.NONE | ReadFault.EMPTY:
                await asyncio.sleep(0)
            case _:
                assert_never(fault)
        return fault

    async def set_modes(self) -> Refused | Uncertain | None:
        self.reads.append("set_modes")
        if not self.script.sets_modes:
            return Refused(-4047, "Margin type cannot be changed if there exists open orders.")
        self.script.not_isolated, self.script.one_way, self.script.single_asset = (), True, True
        return None

    async def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | Uncertain | None:
        return await self.inner.set_leverage(symbol, leverage)

    async def events(self) -> AsyncIterator[AccountEvent]:
        held: list[AccountEvent] = []
        async for event in self.inner.events():
            match fault := self.script.event(event):
                case EventFault.NONE:
                    yield event
                case EventFault.LOST:
                    continue
                case EventFault.LOST_AND_SAID:
                    yield StreamLost("interrupted by the script")
                case EventFault.TWICE:
                    yield event
                    yield event
                case EventFault.LATE:
                    held.append(event)
                    continue
                case _:
                    assert_never(fault)
            while held:
                yield held.pop(0)

    async def close(self) -> None:
        for task in self._late:
            task.cancel()
        await self.inner.close()
