"""Protected or closed: every position has a stop that was read back, or it is closed and the trader halts."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.money import Price
from tui_trader.core.order import Intent, Order, OrderStatus, Purpose
from tui_trader.core.position import Position
from tui_trader.core.records import PositionAdopted, ProtectionFailed
from tui_trader.core.words import Actor, Symbol
from tui_trader.desk.conditionals import PENDING, Conditionals
from tui_trader.desk.hands import Exit, Hands
from tui_trader.desk.parts import Parts
from tui_trader.desk.resolver import Alarm
from tui_trader.desk.scribe import note
from tui_trader.desk.sender import Sender
from tui_trader.desk.stops import live_stops
from tui_trader.journal.ports import Entry

PROTECT_WITHIN = 10.0
"""Seconds from the first fill until a stop must have been read back (rule 5)."""
_TRY_AGAIN_AFTER = 0.5
_LONGEST_PAUSE = 5.0
_MOVES_WITHIN = 10.0
"""Seconds within which a moved stop is read back, or the old one stays."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The stop (or take-profit) stands at the new price, unless `refusal` says why not; the old one stays then."""

    refusal: str = ""
    looser: bool = False
    """Refused because it would have loosened the stop that stands."""

    @property
    def is_done(self) -> bool:
        """Whether it stands at the new price."""
        return not self.refusal


class Protector:
    """One guard a symbol, woken when something of the symbol changes."""

    def __init__(self, parts: Parts, sender: Sender, hands: Hands) -> None:
        self._parts = parts
        self._sender = sender
        self._hands = hands
        self._locks: dict[Symbol, asyncio.Lock] = {}
        self._running: set[Symbol] = set()
        self._again: set[Symbol] = set()
        self._naked_since: dict[Symbol, Instant] = {}
        self._conditionals = Conditionals(parts, sender, hands)
        self.alarm: Alarm | None = None

    # ------------------------------------------------------------------ being woken

    def look(self, symbol: Symbol) -> None:
        """Something of this symbol changed: see to it, once more if already seeing to it."""
        if symbol in self._running:
            self._again.add(symbol)
            return
        self._running.add(symbol)
        self._parts.tasks.spawn(f"protect {symbol}", self._guard(symbol))

    def is_protected(self, symbol: Symbol) -> bool:
        """Whether the position is flat or has a stop that was read back from the exchange."""
        position = self._parts.ledger.position(symbol)
        if position.is_flat:
            return True
        stops = live_stops(self._parts.ledger.open_orders(symbol), position, Purpose.STOP)
        return any(self._conditionals.is_proven(stop) for stop in stops)

    def is_settled(self, symbol: Symbol) -> bool:
        """Whether what is held is protected; where nothing is held, that no conditional order is left."""
        if not self._parts.ledger.position(symbol).is_flat:
            return self.is_protected(symbol)
        return not any(order.intent.type.is_conditional for order in self._parts.ledger.open_orders(symbol))

    def prove_again(self, symbol: Symbol) -> None:
        """What was read back may be gone: the stops of this symbol are asked for anew before they count."""
        self._conditionals.forget(symbol)
        self.look(symbol)

    async def _guard(self, symbol: Symbol) -> None:
        try:
            while True:
                self._again.discard(symbol)
                await self.ensure(symbol)
                if symbol not in self._again:
                    return
        finally:
            self._running.discard(symbol)

    # ------------------------------------------------------------------ what it ensures

    async def ensure(self, symbol: Symbol) -> None:
        """Flat: no conditional order is left. Held: the wanted stop stands, else the position is closed."""
        async with self._locks.setdefault(symbol, asyncio.Lock()):
            position = self._parts.ledger.position(symbol)
            if position.is_flat:
                self._naked_since.pop(symbol, None)
                await self._clear_conditionals(symbol)
                return
            if await self._stop_stands(symbol):
                self._naked_since.pop(symbol, None)
                await self._tend_take_profit(symbol)
            else:
                await self._fail(symbol)

    async def _clear_conditionals(self, symbol: Symbol) -> None:
        left = [o for o in self._parts.ledger.open_orders(symbol) if o.intent.type.is_conditional]
        if left and not all(await asyncio.gather(*(self._clear(order) for order in left))):
            self._parts.tasks.spawn(f"clear {symbol}", self._look_later(symbol))

    async def _clear(self, order: Order) -> bool:
        """Cancel it, unless an entry has been filled since the look: then it may be the only stop of what is held."""
        still_flat = self._parts.ledger.position(order.intent.symbol).is_flat
        return await self._hands.cancel(order) if still_flat else True

    async def _look_later(self, symbol: Symbol) -> None:
        await self._parts.clock.sleep(_TRY_AGAIN_AFTER * 4)
        self.look(symbol)

    async def _stop_stands(self, symbol: Symbol) -> bool:
        """Try until the deadline; True once the wanted stop was read back (or nothing is held any more)."""
        since = self._naked_since.setdefault(symbol, self._parts.clock.now())
        left = PROTECT_WITHIN - elapsed(since, self._parts.clock.now())
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left)):
                await self._keep_trying(symbol)
        return self.is_protected(symbol)

    async def _keep_trying(self, symbol: Symbol) -> None:
        """Until a stop stands. What is being sent goes on when time is up: only the waiting ends.

        The pauses grow with what was tried in vain. An order of unknown fate is only waited for: once it is known that
        it never arrived, little of the time may be left, and the next is due at once.
        """
        pause = _TRY_AGAIN_AFTER
        while True:
            position = self._parts.ledger.position(symbol)
            if position.is_flat or await self._one_try(position):
                return
            await self._parts.clock.sleep(pause)
            pause = _TRY_AGAIN_AFTER if self._awaits_fate(symbol) else min(pause * 1.5, _LONGEST_PAUSE)

    def _awaits_fate(self, symbol: Symbol) -> bool:
        """Whether a stop of it is on its way, or of unknown fate."""
        orders = self._parts.ledger.open_orders(symbol)
        return any(order.intent.purpose is Purpose.STOP and order.status in PENDING for order in orders)

    async def _one_try(self, position: Position) -> bool:
        if self._parts.ledger.awaits_fills(position.symbol):
            return False  # a stop that just triggered: its fills will say what is left
        wanted = self._parts.ledger.wanted(position.symbol)
        if wanted is None:
            return await self._any_stop_read_back(position)
        if self._is_passed(position, wanted.stop_price) and not self.is_protected(position.symbol):
            await self._hands.close(Exit(symbol=position.symbol, tool="protect"))
            return False
        return await self._conditionals.stand(position, Purpose.STOP, wanted.stop_price)

    def _is_passed(self, position: Position, stop: Price) -> bool:
        """Whether the mark has reached the stop before it stood: the exchange would refuse it, so we do its work."""
        mark = self._parts.mark(position.symbol)
        return mark is not None and position.side is not None and (mark - stop) * position.side.sign <= 0

    async def _any_stop_read_back(self, position: Position) -> bool:
        """Nobody said where the stop should be (an adopted position): one that stands will do."""
        stops = live_stops(self._parts.ledger.open_orders(position.symbol), position, Purpose.STOP)
        return any([await self._conditionals.is_read_back(stop) for stop in stops])

    async def _tend_take_profit(self, symbol: Symbol) -> None:
        """A take-profit is wanted but does not protect: one try, and again when something changes."""
        wanted = self._parts.ledger.wanted(symbol)
        position = self._parts.ledger.position(symbol)
        if wanted and wanted.take_profit_price is not None and not position.is_flat:
            await self._conditionals.stand(position, Purpose.TAKE_PROFIT, wanted.take_profit_price)

    async def move(self, intent: Intent, *, tool: str, may_loosen: bool) -> Moved:
        """Place a new stop or take-profit, read it back, cancel the old; on failure the old one stays.

        Whether the new stop is looser is asked under the lock: another move may have come first.
        """
        symbol = intent.symbol
        async with self._locks.setdefault(symbol, asyncio.Lock()):
            if not may_loosen and self._is_looser(intent):
                return Moved("another stop stands nearer by now", looser=True)
            sent = await self._sender.send(self._conditionals.placeable(intent), tool=tool)
            if sent.order is None:
                return Moved(f"{sent.judgement.code}: {sent.judgement.detail}")
            order_id = sent.order.client_order_id
            if sent.order.status is not OrderStatus.ACCEPTED:
                return Moved(sent.order.reason or sent.order.status.value)
            if not await self._proven(sent.order):
                return Moved(f"order {order_id} could not be read back")
            await self._conditionals.clear_others(sent.order)
            if not sent.order.intent.close_position:
                self.look(symbol)  # the bridge is replaced there
            return Moved()

    async def take_over(self, stop: Intent, adopted: PositionAdopted, *, tool: str) -> str:
        """Make what others hold ours: its stop is placed and read back first. Why not, if it does not come about.

        Then everything is as it was: the stop goes, what they hold stays theirs. Raises JournalUnwritable.
        """
        symbol = stop.symbol
        async with self._locks.setdefault(symbol, asyncio.Lock()):
            before = self._parts.ledger.shares(symbol)
            placed = await self._placed(stop, tool)
            if isinstance(placed, str):
                return placed
            refusal = "" if await self._proven(placed) else "its stop could not be read back"
            if self._parts.ledger.shares(symbol) != before:
                refusal = "what others hold changed meanwhile; look again"
            if refusal:
                await self._hands.cancel(placed)
                return refusal
            entry = Entry(record=adopted, actor=stop.actor, correlation=stop.correlation)
            await self._parts.journal.append(entry)
        self.look(symbol)
        return ""

    async def _placed(self, stop: Intent, tool: str) -> Order | str:
        """The stop, for all that is held; where the exchange keeps somebody else's closing order, for the quantity."""
        refusal = ""
        for form in (stop, replace(stop, close_position=False)):
            sent = await self._sender.send(form, tool=tool)
            if sent.order is None:
                return f"{sent.judgement.code}: {sent.judgement.detail}"
            if sent.order.status is OrderStatus.ACCEPTED:
                return sent.order
            refusal = sent.order.reason or sent.order.status.value
            if sent.order.is_open:
                break  # of unknown fate: no second one beside it; nothing is ours there, so it goes once it is found
        return f"the exchange did not take its stop ({refusal})"

    async def _proven(self, order: Order) -> bool:
        """Whether it is read back in time."""
        began = self._parts.clock.now()
        while not await self._conditionals.is_read_back(order):
            if elapsed(began, self._parts.clock.now()) > _MOVES_WITHIN:
                return False
            await self._parts.clock.sleep(_TRY_AGAIN_AFTER)
        return True

    def _is_looser(self, intent: Intent) -> bool:
        wanted = self._parts.ledger.wanted(intent.symbol)
        if wanted is None or intent.purpose is not Purpose.STOP or intent.stop_price is None:
            return False
        return (intent.stop_price - wanted.stop_price) * intent.side.opposite.sign <= 0

    # ------------------------------------------------------------------ when it cannot

    async def _fail(self, symbol: Symbol) -> None:
        """No proof of a stop in time: the rest of the entry goes, the position is closed, the trader halts.

        The close does not wait for halt and cancels: with a silent exchange each of them takes its time.
        """
        assert self.alarm is not None
        position = self._parts.ledger.position(symbol)
        reason = f"no stop on {symbol} was confirmed within {PROTECT_WITHIN:g} s"
        self._parts.switch.trip()
        await note(self._parts, ProtectionFailed(symbol=symbol, quantity=position.quantity, reason=reason))
        halting = self._parts.tasks.spawn(
            f"halt, {symbol} is naked", self.alarm.halt(reason, actor=Actor.SYSTEM, code="NAKED")
        )
        pause = _TRY_AGAIN_AFTER
        while not self._parts.ledger.position(symbol).is_flat:
            await self._hands.close(Exit(symbol=symbol, tool="protect"))
            if self._parts.ledger.position(symbol).is_flat:
                break
            await self._parts.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        await halting
        self.look(symbol)
