"""What the desk's modules share: one frozen value, built by the engine's wiring."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from tui_trader.core.clock import Clock
from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import Money, Price
from tui_trader.core.words import Symbol
from tui_trader.desk.account import AccountSeen
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.strangers import Strangers
from tui_trader.desk.switch import HaltSwitch
from tui_trader.exchange.ports import Exchange
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Fold, Journal
from tui_trader.risk.approvals import ApprovalFold
from tui_trader.risk.book import MarketView
from tui_trader.risk.breakers import Breakers
from tui_trader.risk.meters import LossMeters
from tui_trader.risk.observed import ObservedFold
from tui_trader.risk.policy import Policy
from tui_trader.risk.trading_state import StateFold

T = TypeVar("T")

REQUEST_TIMEOUT = 10.0
"""Seconds of engine time after which a request to the exchange counts as uncertain."""


class PolicyInForce(Protocol):
    """The policy that holds now; it may change between cycles."""

    @property
    def current(self) -> Policy:
        """The policy that holds now."""
        ...


class Prices(Protocol):
    """What the desk may know of the market."""

    def of(self, symbol: Symbol) -> MarketView:
        """Prices of one symbol and their ages."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The desk's surroundings. `spawn` starts a task that outlives its caller and is awaited at the stop."""

    exchange: Exchange
    journal: Journal
    clock: Clock
    ledger: Ledger
    state: StateFold
    approvals: ApprovalFold
    observed: ObservedFold
    meters: LossMeters
    breakers: Breakers
    switch: HaltSwitch
    seen: AccountSeen
    emergency: EmergencyLog
    prices: Prices
    policy: PolicyInForce
    instruments: Mapping[Symbol, Instrument]
    fees: FeeRates
    tasks: "TaskKeeper"
    strangers: Strangers = field(default_factory=Strangers)
    aside: list[Fold] = field(default_factory=list)
    """Who hears of rows that only the emergency log could take, besides ledger and trading state."""

    def mark(self, symbol: Symbol) -> Price | None:
        """The symbol's mark price; of what our feed does not tell, the one that the exchange last reported."""
        return self.prices.of(symbol).mark if symbol in self.instruments else self.seen.mark(symbol)

    def equity(self) -> Money | None:
        """Wallet plus unrealised of all that the account holds, if all of it is known."""
        return self.ledger.equity({symbol: self.mark(symbol) for symbol in self.ledger.held})

    def is_shared(self, symbol: Symbol) -> bool:
        """Whether somebody else holds or works anything of the symbol."""
        return symbol in self.ledger.foreign or symbol in self.strangers.symbols


@dataclass(slots=True)
class TaskKeeper:
    """Tasks that nobody awaits at once: kept from the collector, their failures reported, awaited at the stop."""

    on_failure: Callable[[str, BaseException], None]
    _tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)
    """In the order of their start: a set would hand them out by their addresses, and no two runs were the same."""

    def spawn(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start it; an exception in it goes to `on_failure`."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.on_failure(task.get_name(), error)

    async def settled(self, timeout: float) -> bool:
        """Wait until no task is left; False if some still run after `timeout` seconds of engine time."""
        try:
            async with asyncio.timeout(timeout):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        except TimeoutError:
            return False
        return True

    def cancel(self) -> None:
        """Give up on what still runs."""
        for task in self._tasks:
            task.cancel()
