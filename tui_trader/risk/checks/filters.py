"""What keeps the exchange from refusing an order: its steps, its bounds, its price band. Exits run these too."""

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import Quantity, plain
from tui_trader.core.order import Intent, OrderType
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.verdict import ALLOW, Deny, Shrink, Verdict


def quantity_fits_steps(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The quantity is a whole number of steps and not above the largest order: else it shrinks to that.

    A close larger than one order can carry goes out in parts, instead of being refused.
    """
    instrument = book.instruments.get(intent.symbol)
    if instrument is None or intent.close_position:
        return ALLOW
    fitting = instrument.round_quantity(min(intent.quantity, _largest(instrument, intent.type)), intent.type)
    if fitting >= intent.quantity:
        return ALLOW
    return Shrink(Code.QUANTITY_STEP, to=fitting, detail=f"asked {plain(intent.quantity)}, fits {plain(fitting)}")


def exchange_takes_order(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """None of the exchange's filters refuses the order. Of an exit in an unknown instrument nothing can be said."""
    instrument = book.instruments.get(intent.symbol)
    if instrument is None:
        return ALLOW
    found = instrument.breach(intent, book.mark(intent.symbol))
    return ALLOW if found is None else Deny(Code.EXCHANGE_FILTER, f"{found.name} ({found.value})")


def _largest(instrument: Instrument, order_type: OrderType) -> Quantity:
    return instrument.max_quantity if order_type is OrderType.LIMIT else instrument.market_max_quantity
