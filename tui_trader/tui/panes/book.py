"""The book pane: the order book of the symbol under the cursor as a ladder, with one's own orders in it."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from tui_trader.core.market import Level
from tui_trader.core.money import Price, Quantity
from tui_trader.core.order import Order, OrderType
from tui_trader.core.words import Side
from tui_trader.engine import views
from tui_trader.engine.views import DepthView, OrdersView, QuotesView
from tui_trader.tui.panes.pane import Source, SymbolPane
from tui_trader.tui.widgets.ladder import Depth, Ladder, Rung, grouped

_STEPS = (1, 5, 10, 50, 100)
"""Ticks that a rung may cover."""


class BookPane(SymbolPane, can_focus=True):
    """Eight looks a second."""

    KEYS: ClassVar = (views.MARKET, views.ORDERS)
    SYMBOL_KEYS: ClassVar = (views.DEPTH,)
    EVERY: ClassVar = 0.125

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="book", key="6")
        self._ladder = Ladder(glyphs=source.glyphs, id="ladder")
        self._step = 0

    def compose(self) -> ComposeResult:
        """The ladder."""
        yield self._ladder

    @property
    def reader(self) -> Widget:
        """The pane itself."""
        return self

    def change_step(self, by: int) -> None:
        """Coarser (1) or finer (-1) rungs."""
        self._step = min(len(_STEPS) - 1, max(0, self._step + by))
        self.draw()

    def draw(self) -> None:
        """The book as it is now."""
        depth, quotes = self.symbol_view(views.DEPTH, DepthView), self.view(views.MARKET, QuotesView)
        quote = next((row for row in quotes.rows if row.symbol == self.symbol), None) if quotes else None
        if depth is None or quote is None:
            self._ladder.show(Depth())
            self.note("no prices yet")
            return
        tick = Decimal(1).scaleb(-quote.decimals)
        step = tick * _STEPS[self._step]
        orders = self.view(views.ORDERS, OrdersView)
        own = own_orders(order for order in (orders.rows if orders else ()) if order.intent.symbol == self.symbol)
        self._ladder.show(
            Depth(
                bids=grouped(_rungs(depth.bids, own[Side.BUY]), step, upwards=False),
                asks=grouped(_rungs(depth.asks, own[Side.SELL]), step, upwards=True),
                places=quote.decimals,
                is_old=quote.stale or not self.is_fresh,
            )
        )
        steps = f", steps of {step:f}" if self._step else ""
        self.note(f"{quote.symbol}{steps}" if depth.is_whole else f"{quote.symbol}, the feed has no depth")


def own_orders(orders: Iterable[Order]) -> dict[Side, dict[Price, Quantity]]:
    """What of our limit orders rests at each price, by side."""
    found: dict[Side, dict[Price, Quantity]] = {side: defaultdict(Quantity) for side in Side}
    for order in orders:
        intent = order.intent
        if intent.type is OrderType.LIMIT and intent.price is not None and intent.quantity is not None:
            found[intent.side][intent.price] += intent.quantity - order.filled
    return found


def _rungs(levels: Iterable[Level], own: dict[Price, Quantity]) -> list[Rung]:
    return [Rung(price, quantity, own.get(price, Decimal(0))) for price, quantity in levels]
