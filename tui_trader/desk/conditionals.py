"""Conditional orders at the exchange: placed beside what stands, read back, and only then the others cancelled."""

from dataclasses import replace

from tui_trader.core.money import Price, Quantity
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.asking import answered
from tui_trader.desk.hands import Hands
from tui_trader.desk.parts import Parts
from tui_trader.desk.sender import Sender
from tui_trader.desk.stops import live_stops
from tui_trader.exchange.ports import ExchangeUnavailable

PENDING = (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN)
"""On its way, or of unknown fate."""


class Conditionals:
    """Stops and take-profits, and which of them were read back from the exchange."""

    def __init__(self, parts: Parts, sender: Sender, hands: Hands) -> None:
        self._parts = parts
        self._sender = sender
        self._hands = hands
        self._read_back: set[ClientOrderId] = set()

    def is_proven(self, order: Order) -> bool:
        """Whether it was read back, without asking."""
        return order.client_order_id in self._read_back

    def forget(self, symbol: Symbol) -> None:
        """What was read back of this symbol may be gone: it is asked for anew before it counts."""
        self._read_back -= {order.client_order_id for order in self._parts.ledger.open_orders(symbol)}

    async def stand(self, position: Position, purpose: Purpose, price: Price) -> bool:
        """The conditional order at `price` stands and was read back; only then go the others of its kind."""
        symbol = position.symbol
        standing = live_stops(self._parts.ledger.open_orders(symbol), position, purpose)
        at_price = [order for order in standing if order.intent.stop_price == price]
        right = next((order for order in at_price if self._is_right(order, position)), None)
        if right is None and not self._is_mixed(symbol):
            right = next(iter(at_price), None)  # a bridge
        if right is None:
            if any(self._is_pending(order, purpose, price) for order in self._parts.ledger.open_orders(symbol)):
                return False
            right = await self._place(position, purpose, price)
        if right is None or not await self.is_read_back(right):
            return False
        await self.clear_others(right)
        if not self._is_right(right, position):
            await self._replace_bridge(right, position)
        return True

    def _is_mixed(self, symbol: Symbol) -> bool:
        """Whether others hold a part of the position: then an order that closes all of it would close theirs, too."""
        return symbol in self._parts.ledger.foreign

    def _is_right(self, order: Order, position: Position) -> bool:
        """Whether it closes what is ours, all of it and nothing else."""
        if self._is_mixed(position.symbol):
            return not order.intent.close_position and order.intent.quantity == abs(position.quantity)
        return order.intent.close_position

    async def clear_others(self, right: Order) -> None:
        """All orders of this one's kind go, but itself."""
        orders = self._parts.ledger.open_orders(right.intent.symbol)
        others = [order for order in orders if order.intent.purpose is right.intent.purpose]
        await self._hands.cancel_all(order for order in others if order.client_order_id != right.client_order_id)

    async def _replace_bridge(self, bridge: Order, position: Position) -> None:
        """A bridge covers what was held when it was placed: one that closes whatever is held takes its place."""
        assert bridge.intent.stop_price is not None
        closing = await self._place(position, bridge.intent.purpose, bridge.intent.stop_price)
        if closing is not None and closing.intent.close_position and await self.is_read_back(closing):
            await self.clear_others(closing)

    def placeable(self, intent: Intent) -> Intent:
        """The intent as it can stand beside the order that it is to replace.

        Where the exchange keeps one closing order of a kind (-4130), the new one goes out first for the quantity that
        is held, as a bridge: the position has a stop at every moment. Beside a part that is not ours it stays so.
        """
        orders = self._parts.ledger.open_orders(intent.symbol)
        kind = (intent.purpose, intent.side)
        is_taken = any(o.intent.close_position and (o.intent.purpose, o.intent.side) == kind for o in orders)
        if not (is_taken and self._parts.exchange.keeps_one_closing_order) and not self._is_mixed(intent.symbol):
            return intent
        held = abs(self._parts.ledger.position(intent.symbol).quantity)
        return replace(intent, close_position=False, quantity=held)

    @staticmethod
    def _is_pending(order: Order, purpose: Purpose, price: Price) -> bool:
        """On its way or unknown: never a second one beside it; its fate is being asked for."""
        return order.status in PENDING and order.intent.purpose is purpose and order.intent.stop_price == price

    async def _place(self, position: Position, purpose: Purpose, price: Price) -> Order | None:
        assert position.side is not None
        stop = purpose is Purpose.STOP
        intent = Intent(
            symbol=position.symbol,
            side=position.side.opposite,
            type=OrderType.STOP_MARKET if stop else OrderType.TAKE_PROFIT_MARKET,
            quantity=self._covers(position),
            stop_price=price,
            reduce_only=True,
            close_position=True,
            purpose=purpose,
            actor=Actor.SYSTEM,
        )
        sent = await self._sender.send(self.placeable(intent), tool="protect")
        return sent.order if sent.order is not None and sent.order.status is OrderStatus.ACCEPTED else None

    def _covers(self, position: Position) -> Quantity:
        """What is held and what the open entries may still add: so much the order may have to close."""
        open_orders = self._parts.ledger.open_orders(position.symbol)
        entries = [o.remaining for o in open_orders if o.intent.purpose is Purpose.ENTRY]
        return sum(entries, start=abs(position.quantity))

    async def is_read_back(self, order: Order) -> bool:
        """Whether the exchange says that it stands as it was sent; asked for once."""
        if order.client_order_id in self._read_back:
            return True
        intent = order.intent
        try:
            report = await answered(self._parts.exchange.query(intent.symbol, order.client_order_id))
        except ExchangeUnavailable:
            return False
        if report is None or report.status is not OrderStatus.ACCEPTED:
            return False
        asked = (intent.side, intent.type, intent.stop_price, intent.close_position)
        if (report.side, report.type, report.stop_price, report.close_position) != asked:
            return False
        self._read_back.add(order.client_order_id)
        return True
