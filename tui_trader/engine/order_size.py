"""How much a person wants to trade, as one writes it: `0.05`, `500USDT`, `0.5%`."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_WRITTEN = re.compile(r"(?P<figure>[0-9]*\.?[0-9]+)\s*(?P<unit>%|usdt|u)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSize:
    """One of the three: base quantity, worth in the quote currency, share of equity that the stop may lose."""

    quantity: Decimal | None = None
    notional: Decimal | None = None
    risk_pct: Decimal | None = None


def size_of(text: str) -> OrderSize:
    """The size that is written there. Raises ValueError with a sentence for what is none."""
    written = _WRITTEN.fullmatch(text.strip())
    try:
        figure = Decimal(written["figure"]) if written else Decimal(0)
    except InvalidOperation:
        figure = Decimal(0)
    if written is None or figure <= 0:
        raise ValueError(f"{text!r} is no size: write a quantity (0.05), a worth (500USDT) or a risk (0.5%)")
    match (written["unit"] or "").lower():
        case "%":
            return OrderSize(risk_pct=figure)
        case "":
            return OrderSize(quantity=figure)
        case _:
            return OrderSize(notional=figure)
