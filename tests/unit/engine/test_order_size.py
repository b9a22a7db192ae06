"""A size is read as it is written, and what is none is refused in a sentence."""

from decimal import Decimal

import pytest

from tui_trader.engine.order_size import OrderSize, size_of

D = Decimal


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0.05", OrderSize(quantity=D("0.05"))),
        (" .5 ", OrderSize(quantity=D("0.5"))),
        ("500USDT", OrderSize(notional=D(500))),
        ("500 usdt", OrderSize(notional=D(500))),
        ("250u", OrderSize(notional=D(250))),
        ("0.5%", OrderSize(risk_pct=D("0.5"))),
        ("1 %", OrderSize(risk_pct=D(1))),
    ],
)
def test_sizes_are_read(text: str, size: OrderSize) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "1e3", "NaN", "1,5", "5 BTC", "%", "1..2", "0%", "\u0661"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size: write a quantity"):
        size_of(text)
