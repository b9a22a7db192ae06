"""What the emergency log says of orders, so that a start after a full disk knows the orders that left meanwhile."""

from collections.abc import Mapping

from tui_trader.core.records import EmergencyImported, OrderChanged, OrderIntended
from tui_trader.journal.codec import decode
from tui_trader.journal.wire import Malformed

_ORDER_KINDS = (OrderIntended.KIND, OrderChanged.KIND)


def kept_order_record(imported: EmergencyImported) -> OrderIntended | OrderChanged | None:
    """The order record that the line keeps; None where it keeps something else, or nothing that can be read.

    Fills and money are left out on purpose: the exchange is asked for them, and they become rows of their own.
    """
    entry = imported.line.get("entry")
    if not isinstance(entry, Mapping):
        return None
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in _ORDER_KINDS:
        return None
    try:
        record = decode(kind, entry.get("record"))
    except Malformed:
        return None
    return record if isinstance(record, OrderIntended | OrderChanged) else None
