"""Values for property tests: prices, quantities, fills and orders as the exchange allows them."""

from decimal import Decimal

from hypothesis import strategies as st

from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.words import Actor, Side, Symbol

BTC = Symbol("BTCUSDT")


def known(symbol: Symbol) -> Instrument:
    """The instrument, which must be in the table."""
    found = instrument(symbol)
    assert found is not None
    return found


BITCOIN = known(BTC)

instruments = st.sampled_from([known(symbol) for symbol in known_symbols()])
sides = st.sampled_from(Side)
order_types = st.sampled_from(OrderType)

any_decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e15"), max_value=Decimal("1e15"))
"""Any finite figure, also in exponent form and with more digits than the usual context has."""
positive = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("1e-9"), max_value=Decimal("1e9"), places=9
)
steps = st.sampled_from([Decimal(text) for text in ("0.001", "0.10", "0.00001", "1", "5", "10", "0.25", "1E+2")])

btc_prices = st.integers(min_value=5_568, max_value=2_000_000).map(lambda ticks: ticks * Decimal("0.1"))
"""BTCUSDT prices from 556.80 to 200 000, on the tick."""
btc_quantities = st.integers(min_value=1, max_value=120_000).map(lambda steps: steps * Decimal("0.001"))
"""BTCUSDT quantities from 0.001 to 120, on the step."""
fills = st.tuples(sides, btc_quantities, btc_prices)


def order(
    order_type: OrderType = OrderType.LIMIT,
    *,
    side: Side = Side.BUY,
    quantity: str | Decimal = "0.010",
    price: str | Decimal | None = "65000",
    stop_price: str | Decimal = "64000",
    reduce_only: bool = False,
    close_position: bool = False,
) -> Intent:
    """A BTCUSDT order; the prices that its type does not have are left out."""
    return Intent(
        symbol=BTC,
        side=side,
        type=order_type,
        quantity=Decimal(quantity),
        price=None if order_type is not OrderType.LIMIT or price is None else Decimal(price),
        stop_price=Decimal(stop_price) if order_type.is_conditional else None,
        reduce_only=reduce_only,
        close_position=close_position,
        purpose=Purpose.EXIT if reduce_only or close_position else Purpose.ENTRY,
        actor=Actor.AGENT,
    )
