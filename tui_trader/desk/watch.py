"""The watch over losses and the HALT file: once a second, and whenever money moved."""

from tui_trader.core.records import EquityMarked
from tui_trader.core.words import Actor, TradingState
from tui_trader.desk.flattener import Flattener
from tui_trader.desk.parts import Parts
from tui_trader.desk.state import StateKeeper
from tui_trader.journal.ports import Entry
from tui_trader.risk.trading_state import trip

LOOK_EVERY = 1.0
"""Seconds of engine time between two looks."""


class Watch:
    """Trips what the policy says, once each; going back to ACTIVE is a person's."""

    def __init__(self, parts: Parts, keeper: StateKeeper, flattener: Flattener) -> None:
        self._parts = parts
        self._keeper = keeper
        self._flattener = flattener

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._parts.clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """One look at file, losses and drawdown."""
        if self._parts.switch.file_exists() and self._parts.state.current is not TradingState.HALTED:
            await self._keeper.halt("the file HALT exists", actor=Actor.OPERATOR, code="HALT_FILE")
        if self._parts.state.current is TradingState.HALTED:
            return
        equity = self._parts.equity()
        if equity is None:
            return
        meters = self._parts.meters.at(self._parts.clock.now(), equity)
        tripped = trip(meters, equity, self._parts.policy.current, self._parts.state.current)
        if tripped is None:
            return
        if tripped.state is TradingState.REDUCING:
            await self._keeper.reduce(tripped.reason, actor=Actor.SYSTEM, code=tripped.code)
            return
        await self._keeper.halt(tripped.reason, actor=Actor.SYSTEM, code=tripped.code)
        if tripped.flatten:
            await self._flattener.flatten(actor=Actor.SYSTEM)

    async def mark_equity(self) -> None:
        """Write equity down: the peak and the start of the day are folded from these rows."""
        equity, wallet = self._parts.equity(), self._parts.ledger.wallet
        if equity is not None and wallet is not None:
            marked = EquityMarked(equity=equity, wallet=wallet)
            await self._parts.journal.append(Entry(record=marked, actor=Actor.SYSTEM))
