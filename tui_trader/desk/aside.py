"""What the emergency log says of orders, so that a start after a full disk knows the orders that left meanwhile."""

from tui_trader.core.records import EmergencyImported, OrderChanged, OrderIntended
from tui_trader.journal.emergency import kept_record


def kept_order_record(imported: EmergencyImported) -> OrderIntended | OrderChanged | None:
    """The order record that the line keeps; None where it keeps something else, or nothing that can be read.

    Fills and money are left out on purpose: the exchange is asked for them, and they become rows of their own.
    """
    record = kept_record(imported)
    return record if isinstance(record, OrderIntended | OrderChanged) else None
