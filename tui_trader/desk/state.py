"""Changing the trading state: halting is instant and always possible, resuming is a person's and conditional."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tui_trader.core.order import Order, OrderStatus, Purpose
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import Record, TradingStateChanged
from tui_trader.core.words import Actor, TradingState
from tui_trader.desk.hands import Hands
from tui_trader.desk.parts import Parts
from tui_trader.desk.reconciler import Reconciler, forbids_resuming
from tui_trader.desk.scribe import note_all
from tui_trader.desk.switch import FileSeen
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.breakers import Breaker, closings, open_breakers
from tui_trader.risk.tripping import told

_SWEEP_AGAIN_AFTER = 0.5
_LONGEST_PAUSE = 5.0
_SWEPT_WITHIN = 1.0
"""Seconds for which a halt waits for its cancels; they go on after that."""


@dataclass(frozen=True, slots=True)
class Halts:
    """What a resume answers: trips of the switch, the generation of the durable state, the HALT file, if any, and how
    often a breaker has opened.
    """

    trips: int
    generation: int
    file: FileSeen | None
    openings: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """Trading goes on, unless `refusal` says why not and what to do."""

    refusal: str = ""

    @property
    def is_done(self) -> bool:
        """Whether trading goes on."""
        return not self.refusal


class StateKeeper:
    """The one writer of trading state rows."""

    def __init__(self, parts: Parts, hands: Hands, reconciler: Reconciler) -> None:
        self._parts = parts
        self._hands = hands
        self._reconciler = reconciler
        self._sweeping: asyncio.Task[None] | None = None
        self._asking_back: asyncio.Task[bool] | None = None
        self._answering: list[FileSeen] = []
        """The HALT files that resumes under way will remove."""

    async def halt(
        self, reason: str, *, actor: Actor, code: str, person: str = "", because: tuple[Record, ...] = ()
    ) -> None:
        """HALTED: in memory at once, then durable; resting entries are cancelled, stops stay.

        The rows of `because` become durable in the same transaction.
        """
        self._parts.switch.trip()
        await self._written(TradingState.HALTED, reason, actor, code, person=person, because=because)
        await self._swept_in_time()

    async def reduce(self, reason: str, *, actor: Actor, code: str) -> None:
        """REDUCING, unless HALTED already; resting entries are cancelled."""
        if self._parts.state.current is TradingState.ACTIVE:
            await self._written(TradingState.REDUCING, reason, actor, code)
            await self._swept_in_time()

    async def resume(self, reason: str, *, actor: Actor, answering: Halts, person: str = "") -> Resumed:
        """ACTIVE again, for a person with a reason, if the exchange agrees with our books.

        Answers the halts that the person knew of: one that came later, also while this runs, wins; so does a breaker
        that opened. Those that are open are closed. New baselines are journalled.
        """
        if actor is not Actor.OPERATOR:
            return Resumed("only a person may resume")
        if not reason.strip():
            return Resumed("a resume needs a reason: say why it is safe to go on")
        if not await self._reconciler.compare():
            return Resumed("the exchange does not answer, so the account cannot be compared; try again")
        if found := forbids_resuming(self._reconciler.differences):
            return Resumed(f"the account is not what our books say: {'; '.join(each.text for each in found)}")
        if any(order.status is OrderStatus.UNKNOWN for order in self._parts.ledger.open_orders()):
            return Resumed("an order is of unknown fate and is being asked for; try again in a moment")
        if self.halts() != answering:
            return self._overtaken(answering)
        with self._answered(answering.file):
            return await self._go_on(reason, actor, answering, person)

    def is_answered(self, file: FileSeen | None) -> bool:
        """Whether a resume under way is about to remove this HALT file, so that it halts nothing any more."""
        return file in self._answering

    def halts(self) -> Halts:
        """What a resume that is asked for now answers."""
        switch = self._parts.switch
        return Halts(
            switch.trips, self._parts.state.generation, switch.file_seen(), self._parts.meters.breakers.openings
        )

    async def _go_on(self, reason: str, actor: Actor, answering: Halts, person: str) -> Resumed:
        change = TradingStateChanged(
            state=TradingState.ACTIVE,
            reason=one_line(reason),
            generation=answering.generation,
            baseline_equity=self._parts.equity(),
            person=person,
        )
        board = self._parts.meters.breakers.board
        changes: tuple[Record, ...] = (change, *closings(board, one_line(reason), answers=answering.openings))
        try:
            await self._parts.journal.append(*(Entry(record=each, actor=actor) for each in changes))
            self._parts.switch.remove_file(answering.file)
        except JournalUnwritable:
            return Resumed("the journal cannot be written; see to the disk and start again")
        except OSError as error:
            return Resumed(f"the HALT file could not be removed: {error.strerror}")
        self._parts.switch.release(answering.trips)
        overtaken = self._parts.switch.is_halted or self._opened_after(answering)
        return self._overtaken(answering) if overtaken else Resumed()

    def _opened_after(self, answering: Halts) -> list[Breaker]:
        """Breakers that opened after the resume was asked for."""
        opened = open_breakers(self._parts.meters.breakers.board)
        return [breaker for breaker in opened if breaker.opening > answering.openings]

    @contextmanager
    def _answered(self, file: FileSeen | None) -> Iterator[None]:
        """The row of the resume is durable before its file goes: in between, the file is no new halt."""
        if file is None:
            yield
            return
        self._answering.append(file)
        try:
            yield
        finally:
            self._answering.remove(file)

    def _overtaken(self, answering: Halts) -> Resumed:
        """What came between asking and going on."""
        switch, status = self._parts.switch, self._parts.state.status
        if opened := self._opened_after(answering):
            return Resumed(f"a breaker opened while resuming ({told(opened[0])}); see to it and resume again")
        if not switch.is_halted and status.state is TradingState.ACTIVE:
            return Resumed("another resume came first: trading goes on already")
        if status.generation != answering.generation:
            what = f"{status.state.value}: {status.reason}"
        elif switch.file_seen() not in (None, answering.file):
            what = "the file HALT was written anew"
        else:
            what = "a halt whose reason is not written down yet"
        return Resumed(f"halted again while resuming ({what}); see to it and resume again")

    def sweep(self) -> asyncio.Task[None]:
        """Cancel entries until none is left or trading goes on: one that was on its way may rest only later."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = self._parts.tasks.spawn("cancel entries", self._sweep())
        return self._sweeping

    def ask_back(self, orders: Sequence[Order]) -> None:
        """Cancel these entries, unless such a round is under way: whoever calls looks again in a moment."""
        if self._asking_back is None or self._asking_back.done():
            self._asking_back = self._parts.tasks.spawn("ask entries back", self._hands.cancel_all(orders))

    async def _sweep(self) -> None:
        pause = _SWEEP_AGAIN_AFTER
        while self._parts.switch.state is not TradingState.ACTIVE and not await self._entries_cancelled():
            await self._parts.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _swept_in_time(self) -> None:
        """Give the cancels a moment; whoever halts does not wait for a silent exchange."""
        await asyncio.wait({self.sweep()}, timeout=_SWEPT_WITHIN)

    async def _entries_cancelled(self) -> bool:
        orders = [o for o in self._parts.ledger.open_orders() if o.intent.purpose is Purpose.ENTRY]
        return await self._hands.cancel_all(orders)

    async def _written(
        self,
        state: TradingState,
        reason: str,
        actor: Actor,
        code: str,
        *,
        person: str = "",
        because: tuple[Record, ...] = (),
    ) -> None:
        generation = self._parts.state.generation + 1
        change = TradingStateChanged(
            state=state, reason=one_line(reason), code=code, generation=generation, person=person
        )
        await note_all(self._parts, (*because, change), actor=actor)
