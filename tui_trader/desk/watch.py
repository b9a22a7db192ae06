"""The watch over losses, breakers and the HALT file: once a second, and whenever money moved."""

import asyncio
from contextlib import suppress

from tui_trader.core.order import Order, Purpose
from tui_trader.core.records import EquityMarked
from tui_trader.core.words import Actor, TradingState
from tui_trader.desk.flattener import Flattened, Flattener
from tui_trader.desk.parts import Parts
from tui_trader.desk.state import StateKeeper
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.breakers import open_breakers
from tui_trader.risk.codes import Code
from tui_trader.risk.hours import is_within
from tui_trader.risk.trading_state import trip
from tui_trader.risk.tripping import due

LOOK_EVERY = 1.0
"""Seconds of engine time between two looks."""
_UNSAID_FOR = 3
"""Looks for which a tripped switch waits for the row of whoever tripped it."""
_UNSAID_WHILE_ANNOUNCED = 600
"""The same where a command is on its way: it comes in real time, of which little passes while a fast clock runs."""


class Watch:
    """Trips what the policy says, once each; going back to ACTIVE is a person's."""

    def __init__(self, parts: Parts, keeper: StateKeeper, flattener: Flattener) -> None:
        self._parts = parts
        self._keeper = keeper
        self._flattener = flattener
        self._flattening: asyncio.Task[Flattened] | None = None
        self._unsaid = 0
        """Looks in a row at which the switch was tripped and no row says why."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._parts.clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """One look at breakers, file, switch, losses and drawdown."""
        await self._mind_the_breakers()
        state = self._parts.switch.state  # once: each asking is a look at the disk
        if state is TradingState.HALTED:
            await self._say_what_tripped()
        else:
            self._unsaid = 0
        if state is not TradingState.ACTIVE:
            self._keeper.sweep()
        elif resting := self._out_of_season():
            self._keeper.ask_back(resting)
        if self._parts.state.current is TradingState.HALTED:
            self._go_on_flattening()
            return
        equity = self._parts.equity()
        if equity is None:
            return
        losses = self._parts.meters.losses(self._parts.clock.now(), equity)
        tripped = trip(losses, equity, self._parts.policy.current, self._parts.state.current)
        if tripped is None:
            return
        if tripped.state is TradingState.REDUCING:
            await self._keeper.reduce(tripped.reason, actor=Actor.SYSTEM, code=tripped.code)
            return
        await self._keeper.halt(tripped.reason, actor=Actor.SYSTEM, code=tripped.code)
        self._go_on_flattening()

    async def _mind_the_breakers(self) -> None:
        """What has happened opens a breaker, and what was tried closes it or keeps it open."""
        meters, risk = self._parts.meters, self._parts.policy.current.risk
        changes = due(meters.breakers.board, meters.incidents, risk, self._parts.clock.now())
        entries = [Entry(record=change, actor=Actor.SYSTEM) for change in changes]
        if entries:
            with suppress(JournalUnwritable):  # the engine halts on it; the gate goes by the incidents until then
                await self._parts.journal.append(*entries)

    def _out_of_season(self) -> tuple[Order, ...]:
        """Entries that rest where none may be made: any outside the trading hours, the agent's once it repeats itself,
        and those beside what somebody else holds or works by now: what they open would be mixed with it.

        What has merely failed is left alone: a person's limit order does not go because a model was slow to answer.
        """
        entries = tuple(o for o in self._parts.ledger.open_orders() if o.intent.purpose is Purpose.ENTRY)
        if not entries or not is_within(self._parts.policy.current.risk.trading_hours, self._parts.clock.now()):
            return entries
        if any(breaker.needs_a_person for breaker in open_breakers(self._parts.meters.breakers.board)):
            return tuple(o for o in entries if o.intent.actor is Actor.AGENT or self._parts.is_shared(o.intent.symbol))
        return tuple(order for order in entries if self._parts.is_shared(order.intent.symbol))

    async def _say_what_tripped(self) -> None:
        """A halt that so far is only a file or a flag in memory becomes a row, so that it outlives the process."""
        if self._parts.state.current is TradingState.HALTED:
            self._unsaid = 0
            return
        if self._parts.switch.file_exists():
            if self._keeper.is_answered(self._parts.switch.file_seen()):
                return
            await self._keeper.halt("the file HALT exists", actor=Actor.OPERATOR, code="HALT_FILE")
            return
        self._unsaid += 1
        if self._unsaid >= (_UNSAID_WHILE_ANNOUNCED if self._parts.switch.is_announced else _UNSAID_FOR):
            await self._keeper.halt("trading was stopped by a failure inside", actor=Actor.SYSTEM, code="FAILURE")

    def _go_on_flattening(self) -> None:
        """A drawdown's positions go, also where a crash or a silent exchange came in between."""
        if self._parts.state.status.code != Code.MAX_DRAWDOWN or not self._parts.ledger.positions:
            return
        if self._flattening is None or self._flattening.done():
            flattening = self._flattener.flatten(actor=Actor.SYSTEM)
            self._flattening = self._parts.tasks.spawn("flatten after drawdown", flattening)

    async def mark_equity(self) -> None:
        """Write equity down: the peak and the start of the day are folded from these rows."""
        equity, wallet = self._parts.equity(), self._parts.ledger.wallet
        if equity is not None and wallet is not None:
            marked = EquityMarked(equity=equity, wallet=wallet)
            await self._parts.journal.append(Entry(record=marked, actor=Actor.SYSTEM))
