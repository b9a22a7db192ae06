"""How our books and the exchange stand to each other at this moment, for screens and commands."""

from dataclasses import replace

from tui_trader.core.reconciliation import Agreement, Difference, DifferenceVerdict, Reconciliation, agreement_of
from tui_trader.desk.comparison import foreign_orders, foreign_position
from tui_trader.desk.parts import Parts


def standing(parts: Parts) -> Reconciliation:
    """The last comparison; what others hold and work is as it is by now, since news of it come in between."""
    last = parts.seen.reconciliation(parts.clock.now())
    settled = [each for each in last.differences if each.verdict is not DifferenceVerdict.COUNTED]
    found = (*settled, *_of_others(parts))
    agreement = last.agreement if last.agreement is Agreement.UNKNOWN else agreement_of(found)
    return replace(last, agreement=agreement, differences=found)


def _of_others(parts: Parts) -> tuple[Difference, ...]:
    held = (foreign_position(symbol, position.quantity) for symbol, position in parts.ledger.foreign.items())
    return (*held, *foreign_orders(parts.strangers.orders))
