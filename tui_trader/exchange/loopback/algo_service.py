"""Conditional orders: they wait here, apart from the matching, and send it an order when their price is reached.

As at Binance there is no margin check before that; what the matching then refuses ends as REJECTED, with its reason.
The order that is sent bears the conditional order's client id.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tui_trader.core.clock import Clock, Instant, to_milliseconds
from tui_trader.core.market import MarkPrice
from tui_trader.core.money import Price, Quantity
from tui_trader.core.order import Intent, Purpose
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.exchange.loopback.algo_json import algo_event
from tui_trader.exchange.loopback.algo_order import AlgoOrder, AlgoStatus
from tui_trader.exchange.loopback.figures import JsonObject
from tui_trader.exchange.loopback.order_words import ALGO_BASE, WorkingType
from tui_trader.exchange.loopback.refusals import refuse
from tui_trader.exchange.loopback.store import Extras, Store
from tui_trader.exchange.loopback.tape import Tape
from tui_trader.exchange.paper import PaperExchange
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.ports import Accepted, Refused

MAX_OPEN = 200
"""Untriggered conditional orders over all symbols."""
_PROTECTED_WITHIN = Price("0.05")
"""`triggerProtect`: with priceProtect, a trigger that mark and last price are further apart at is passed over."""


@dataclass
class AlgoService:
    """The book of conditional orders. `tell` takes each ALGO_UPDATE."""

    paper: PaperExchange
    store: Store
    tapes: Mapping[Symbol, Tape]
    clock: Clock
    tell: Callable[[JsonObject], None]

    def __post_init__(self) -> None:
        """Take up what the books hold open."""
        self._open: dict[int, AlgoOrder] = {algo.number: algo for algo in self.store.open_algos()}
        last = self.store.last_algo_id()
        self._last = last - ALGO_BASE if last else 0

    async def resume(self) -> None:
        """Finish what a kill interrupted: orders that had triggered, and may or may not have been sent."""
        for algo in tuple(self._open.values()):
            if algo.status is AlgoStatus.TRIGGERING:
                child = self.paper.archive.order_called(algo.symbol, ClientOrderId(algo.client_algo_id))
                if child is not None and child.created >= algo.triggered:
                    self._sent(algo, child)
                else:
                    await self._send(algo)
            elif algo.status is AlgoStatus.TRIGGERED and (child := self.child_of(algo)) is not None:
                self.hear_child(algo.algo_id, child)

    def open_orders(self) -> tuple[AlgoOrder, ...]:
        """Those that wait for their price, by number."""
        return tuple(algo for algo in self._open.values() if algo.status is AlgoStatus.NEW)

    def find(self, algo_id: int | None, client_algo_id: str | None) -> AlgoOrder | None:
        """By number or by client id, waiting or ended."""
        return self.store.algo(algo_id, client_algo_id)

    def child_of(self, algo: AlgoOrder) -> PaperOrder | None:
        """The order that it sent."""
        return None if algo.child is None else self.paper.archive.order(algo.symbol, algo.child)

    def next_number(self) -> int:
        """A number that no conditional order has had."""
        self._last += 1
        return self._last

    def place(self, algo: AlgoOrder) -> AlgoOrder:
        """Take it in; it has been judged."""
        self._keep(algo)
        return algo

    def cancel(self, algo: AlgoOrder, reason: str = "") -> AlgoOrder:
        """End one that waits. Raises Refusal -2011 where it does not."""
        now = self._open.get(algo.number)
        if now is None or now.status is not AlgoStatus.NEW:
            raise refuse(-2011)
        return self._moved(now, AlgoStatus.CANCELED, reason)

    def expire_due(self) -> None:
        """End those whose time is over."""
        now = to_milliseconds(self.clock.now())
        for algo in self.open_orders():
            if algo.good_till_ms and algo.good_till_ms <= now:
                self._moved(algo, AlgoStatus.EXPIRED, "good till date reached")

    async def hear(self, symbol: Symbol) -> None:
        """The symbol's prices were told: what they reach is sent."""
        tape = self.tapes[symbol]
        for waiting in self.open_orders():
            if waiting.symbol != symbol or (price := _working_price(waiting, tape)) is None:
                continue
            algo = self._followed(waiting, price)
            if algo.number in self._open and algo.is_met(price) and not _is_protected(algo, tape):
                await self._send(self._moved(algo, AlgoStatus.TRIGGERING))

    def hear_child(self, algo_id: int, child: PaperOrder) -> None:
        """There is news of an order that one of these sent."""
        algo = self._open.get(algo_id - ALGO_BASE)
        if algo is not None and algo.status is AlgoStatus.TRIGGERED and child.status.is_final:
            self._moved(algo, AlgoStatus.FINISHED)

    def _followed(self, algo: AlgoOrder, price: Price) -> AlgoOrder:
        if not algo.type.trails or (extreme := algo.follow(price)) == algo.extreme:
            return algo
        followed = self._open[algo.number] = replace(algo, extreme=extreme)
        self.store.put_extreme(followed)
        return followed

    async def _send(self, algo: AlgoOrder) -> None:
        quantity = self._quantity(algo)
        if not quantity:
            self._moved(algo, AlgoStatus.EXPIRED, "triggered with nothing to close")
            return
        client_id = ClientOrderId(algo.client_algo_id)
        self.store.put_extras(algo.symbol, client_id, Extras(original_type=algo.type.value, algo_id=algo.algo_id))
        answer = await self.paper.submit(client_id, _intent(algo, quantity))
        if isinstance(answer, Accepted):
            child = self.paper.archive.order(algo.symbol, int(answer.report.exchange_order_id))
            assert child is not None
            self._sent(algo, child)
        elif isinstance(answer, Refused):
            self._moved(algo, AlgoStatus.REJECTED, answer.text)
        # Anything else: the books could not be written. It stays TRIGGERING, and the next start settles it.

    def _sent(self, algo: AlgoOrder, child: PaperOrder) -> None:
        self._moved(replace(algo, child=child.order_id), AlgoStatus.TRIGGERED)
        self.hear_child(algo.algo_id, child)

    def _quantity(self, algo: AlgoOrder) -> Quantity:
        if not algo.only_reduces:
            return algo.quantity
        room = self.paper.state.books[algo.symbol].reducible(algo.side)
        return room if algo.close_position else min(room, algo.quantity)

    def _moved(self, algo: AlgoOrder, status: AlgoStatus, reason: str = "") -> AlgoOrder:
        now = self.clock.now()
        triggered = now if status is AlgoStatus.TRIGGERING else algo.triggered
        moved = replace(algo, status=status, updated=now, triggered=triggered, reason=reason)
        self._keep(moved)
        return moved

    def _keep(self, algo: AlgoOrder) -> None:
        """Durable first, then told."""
        self.store.put_algo(algo)
        if algo.status in (AlgoStatus.NEW, AlgoStatus.TRIGGERING, AlgoStatus.TRIGGERED):
            self._open[algo.number] = algo
        else:
            self._open.pop(algo.number, None)
        instrument = self.tapes[algo.symbol].instrument
        self.tell(algo_event(algo, instrument, self.child_of(algo), to_milliseconds(self.clock.now())))


def _intent(algo: AlgoOrder, quantity: Quantity) -> Intent:
    return Intent(
        symbol=algo.symbol,
        side=algo.side,
        type=algo.type.becomes,
        quantity=quantity,
        price=algo.price,
        time_in_force=algo.matching_time_in_force,
        reduce_only=algo.only_reduces,
        purpose=Purpose.EXIT if algo.only_reduces else Purpose.ENTRY,
        actor=Actor.OPERATOR,
    )


def _working_price(algo: AlgoOrder, tape: Tape) -> Price | None:
    """The price that triggers; None where none was told since the order came."""
    if algo.working_type is WorkingType.MARK_PRICE:
        mark: MarkPrice | None = tape.mark
        return mark.price if mark and mark.time > algo.created else None
    seen: Instant = tape.quote.time if tape.quote else Instant(0)
    return tape.last_price if seen > algo.created else None


def _is_protected(algo: AlgoOrder, tape: Tape) -> bool:
    if not algo.price_protect or tape.mark is None or tape.last_price is None:
        return False
    return abs(tape.mark.price - tape.last_price) > _PROTECTED_WITHIN * tape.mark.price
