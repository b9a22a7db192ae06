"""The door: the last look at an order before the socket, built on nothing that came before it.

Gate, lock and journal have done their work when an order gets here. What is asserted once more costs microseconds and
holds in production too: a breach means that the program is wrong, so trading halts.
"""

from dataclasses import dataclass, replace
from itertools import takewhile

from tui_trader.core.money import plain
from tui_trader.core.order import Intent, Order, OrderStatus, Purpose
from tui_trader.core.words import Actor, ClientOrderId, TradingState
from tui_trader.desk.parts import Parts
from tui_trader.desk.resolver import Alarm
from tui_trader.risk.book import Book
from tui_trader.risk.breakers import open_breakers
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.tripping import told

BREACH = "DOOR"
"""The code of a halt at the door."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an order was judged by. At the door the same prices and limits hold: those of now may differ rightly."""

    book: Book
    policy: Policy
    openings: int
    """Openings of breakers that it was judged after; one that it brought about itself is among them."""


class Door:
    """Lets an order out, once. `alarm` is whoever writes a halt down."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._left: set[ClientOrderId] = set()
        """What left in this run: a few hundred ids a day at the most."""
        self.alarm: Alarm | None = None

    def closed_to(self, intent: Intent, basis: Basis) -> str | None:
        """Why an order stays inside now: no entry leaves while halted or reducing, beside what others hold or work, or
        once a breaker opened.

        A breaker that was open before has had the gate's word: it denied, or the order is the one that may try it.
        """
        if intent.purpose is not Purpose.ENTRY:
            return None
        state = self._parts.switch.state
        if state is not TradingState.ACTIVE:
            return state.value
        if self._parts.is_shared(intent.symbol):
            return Code.FOREIGN_EXPOSURE.value
        opened = (each for each in open_breakers(self._parts.meters.breakers.board) if each.opening > basis.openings)
        return next((f"a breaker opened: {told(breaker)}" for breaker in opened), None)

    def refused(self, order_id: ClientOrderId, intent: Intent, basis: Basis) -> str | None:
        """Let the order out (None), or say why it stays inside. The next step after this one is the socket.

        After a breach new risk stays inside, and so does what has left before or could open a position; another exit
        leaves, since a position that cannot be closed is worse than whatever is wrong. Trading halts either way.
        """
        if closed := self.closed_to(intent, basis):
            return closed
        breach = self._breach(order_id, intent, basis)
        has_left = order_id in self._left
        self._left.add(order_id)
        if breach is None:
            return None
        self._halt(f"{order_id} at the door: {breach}")
        is_safe = intent.purpose is not Purpose.ENTRY and _only_reduces(intent) and not has_left
        return None if is_safe else breach

    def _breach(self, order_id: ClientOrderId, intent: Intent, basis: Basis) -> str | None:
        if order_id in self._left:
            return "it has left before"
        written = self._parts.ledger.order(order_id)
        if written is None:
            return "no durable intent has this id"
        if written.intent != intent:
            return "it is not what was written down"
        if written.status is not OrderStatus.SENT:
            return f"it is {written.status.value}, not marked as sent"
        if intent.purpose is Purpose.ENTRY:
            return self._excess(written, basis)
        return None if _only_reduces(intent) else "an exit that could open a position"

    def _excess(self, order: Order, basis: Basis) -> str | None:
        """The limit that this order would break with all that is held and works; orders behind it count themselves."""
        ledger, limits, symbol = self._parts.ledger, basis.policy.risk, order.intent.symbol
        before = takewhile(lambda other: other.client_order_id != order.client_order_id, ledger.open_orders())
        book = replace(
            basis.book,
            positions=ledger.positions,
            orders=(*before, order),
            foreign_positions=ledger.foreign,
            foreign_orders=self._parts.strangers.orders,
        )
        mark = book.mark(symbol)
        own = None if mark is None else order.intent.quantity * max(order.intent.price or mark, mark)
        figures = (
            ("the order is", own, limits.max_order_notional),
            (f"{symbol} could come to", book.worst_case_notional(symbol), limits.max_position_notional),
            ("all could come to", book.worst_case_gross(), limits.max_gross_notional),
        )
        for what, worth, limit in figures:
            if worth is None:
                return "its worth cannot be reckoned"
            if worth > limit:
                return f"{what} {plain(worth)}, at most {plain(limit)}"
        return None

    def _halt(self, reason: str) -> None:
        self._parts.switch.trip()
        if self.alarm is not None:
            self._parts.tasks.spawn("halt at the door", self.alarm.halt(reason, actor=Actor.SYSTEM, code=BREACH))


def _only_reduces(intent: Intent) -> bool:
    """Whether the exchange itself keeps it from opening anything."""
    return intent.reduce_only or intent.close_position
