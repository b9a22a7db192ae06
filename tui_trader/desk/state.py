"""Changing the trading state: halting is instant and always possible, resuming is a person's and conditional."""

from dataclasses import dataclass

from tui_trader.core.order import Purpose
from tui_trader.core.records import TradingStateChanged
from tui_trader.core.words import Actor, TradingState
from tui_trader.desk.hands import Hands
from tui_trader.desk.parts import Parts
from tui_trader.desk.reconciler import Reconciler
from tui_trader.desk.scribe import note
from tui_trader.journal.ports import Entry, JournalUnwritable


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

    async def halt(self, reason: str, *, actor: Actor, code: str) -> None:
        """HALTED: in memory at once, then durable; resting entries are cancelled, stops stay."""
        self._parts.switch.trip()
        await self._written(TradingState.HALTED, reason, actor, code)
        await self.cancel_entries()

    async def reduce(self, reason: str, *, actor: Actor, code: str) -> None:
        """REDUCING, unless HALTED already; resting entries are cancelled."""
        if self._parts.state.current is TradingState.ACTIVE:
            await self._written(TradingState.REDUCING, reason, actor, code)
            await self.cancel_entries()

    async def resume(self, reason: str, *, actor: Actor) -> Resumed:
        """ACTIVE again, for a person with a reason, if the exchange agrees with our books.

        Answers the halts up to now: one that comes while this runs wins. New baselines are journalled.
        """
        if actor is not Actor.OPERATOR:
            return Resumed("only a person may resume")
        if not reason.strip():
            return Resumed("a resume needs a reason: say why it is safe to go on")
        trips, generation = self._parts.switch.trips, self._parts.state.generation
        if not await self._reconciler.compare():
            return Resumed("the exchange does not answer, so the account cannot be compared; try again")
        if self._parts.switch.trips != trips or self._parts.state.generation != generation:
            return Resumed("a halt came while resuming; look at its reason and resume again")
        return await self._go_on(reason, actor, trips, generation)

    async def _go_on(self, reason: str, actor: Actor, trips: int, generation: int) -> Resumed:
        change = TradingStateChanged(
            state=TradingState.ACTIVE,
            reason=reason,
            generation=generation,
            baseline_equity=self._parts.equity(),
        )
        try:
            await self._parts.journal.append(Entry(record=change, actor=actor))
            self._parts.switch.remove_file()
        except JournalUnwritable:
            return Resumed("the journal cannot be written; see to the disk and start again")
        except OSError as error:
            return Resumed(f"the HALT file could not be removed: {error.strerror}")
        self._parts.switch.release(trips)
        if self._parts.switch.is_halted:
            return Resumed("a halt came while resuming; look at its reason and resume again")
        return Resumed()

    async def cancel_entries(self) -> bool:
        """No entry rests any more: True when that is certain."""
        orders = [o for o in self._parts.ledger.open_orders() if o.intent.purpose is Purpose.ENTRY]
        return await self._hands.cancel_all(orders)

    async def _written(self, state: TradingState, reason: str, actor: Actor, code: str) -> None:
        generation = self._parts.state.generation + 1
        change = TradingStateChanged(state=state, reason=reason, code=code, generation=generation)
        await note(self._parts, change, actor=actor)
