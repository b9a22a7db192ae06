"""Positions: what fills make of them, to the last digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.strategies import BTC, btc_prices, btc_quantities, fills
from tui_trader.core.money import ZERO, to_balance
from tui_trader.core.position import Position, reduces
from tui_trader.core.words import Side

many_fills = st.lists(fills, max_size=30)
Trades = list[tuple[Side, Decimal, Decimal]]


def play(trades: Trades) -> tuple[Position, Decimal]:
    """The position after the fills, and the sum of what they realised."""
    position, realised = Position(BTC), ZERO
    for side, quantity, price in trades:
        position, profit = position.after(side, quantity, price)
        realised += profit
    return position, realised


def cash(trades: Trades) -> Decimal:
    """What the fills moved: received for what was sold, minus paid for what was bought."""
    return sum((-side.sign * quantity * price for side, quantity, price in trades), start=ZERO)


@given(many_fills)
def test_the_sum_of_the_fills_is_the_position(trades: Trades) -> None:
    position, _ = play(trades)
    assert position.quantity == sum((side.sign * quantity for side, quantity, _ in trades), start=ZERO)


@given(many_fills, btc_prices)
def test_realised_and_unrealised_are_cash_plus_what_is_held(trades: Trades, mark: Decimal) -> None:
    """Exactly, in Decimal: no fill loses or makes a fraction of a cent."""
    position, realised = play(trades)
    assert realised + position.unrealised(mark) == cash(trades) + position.quantity * mark


@given(many_fills, btc_prices)
def test_what_is_closed_out_realised_all_the_cash(trades: Trades, last: Decimal) -> None:
    position, _ = play(trades)
    if position.side is not None:
        trades = [*trades, (position.side.opposite, abs(position.quantity), last)]
    position, realised = play(trades)
    assert position.is_flat
    assert position.cost == 0
    assert realised == cash(trades)


@given(many_fills)
def test_realised_profits_are_whole_units_of_the_balance(trades: Trades) -> None:
    position = Position(BTC)
    for side, quantity, price in trades:
        position, profit = position.after(side, quantity, price)
        assert to_balance(profit) == profit


@given(btc_quantities, btc_prices, btc_quantities, btc_prices, st.sampled_from(Side))
def test_adding_averages_and_reducing_leaves_the_entry_price(
    first: Decimal, entry: Decimal, second: Decimal, price: Decimal, side: Side
) -> None:
    position, _ = Position(BTC).after(side, first, entry)
    added, realised = position.after(side, second, price)
    assert realised == 0
    assert added.entry_price == (first * entry + second * price) / (first + second)
    if second < first:
        reduced, _ = position.after(side.opposite, second, price)
        assert reduced.side is side
        # The cost is kept in whole units of the balance, so the entry price may move by half a unit a coin.
        assert abs(reduced.entry_price - entry) <= Decimal("0.5e-8") / abs(reduced.quantity) + Decimal("1e-20")


@given(btc_quantities, btc_prices, btc_quantities, btc_prices, st.sampled_from(Side))
def test_crossing_zero_closes_there_and_opens_the_rest_there(
    held: Decimal, entry: Decimal, beyond: Decimal, price: Decimal, side: Side
) -> None:
    position, _ = Position(BTC).after(side, held, entry)
    crossed, realised = position.after(side.opposite, held + beyond, price)
    assert realised == side.sign * held * (price - entry)
    assert crossed.quantity == side.opposite.sign * beyond
    assert crossed.entry_price == price
    assert crossed.unrealised(price) == 0


@pytest.mark.parametrize(
    ("side", "exit_price", "realised"),
    [(Side.BUY, "66000", "20"), (Side.BUY, "64000", "-20"), (Side.SELL, "66000", "-20"), (Side.SELL, "64000", "20")],
)
def test_realised_profit_golden(side: Side, exit_price: str, realised: str) -> None:
    """Realised = sign x quantity x (exit - entry), before fees: 0.020 BTC over 1000 USDT."""
    position, _ = Position(BTC).after(side, Decimal("0.050"), Decimal(65_000))
    position, profit = position.after(side.opposite, Decimal("0.020"), Decimal(exit_price))
    assert profit == Decimal(realised)
    assert position.entry_price == 65_000
    assert position.notional(Decimal(exit_price)) == Decimal("0.030") * Decimal(exit_price)


@pytest.mark.parametrize(("quantity", "price"), [("0", "65000"), ("-1", "65000"), ("1", "0"), ("1", "-5")])
def test_what_is_no_fill_is_refused(quantity: str, price: str) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Position(BTC).after(Side.BUY, Decimal(quantity), Decimal(price))


def test_a_reported_position_has_its_entry_price() -> None:
    short = Position.held(BTC, Decimal("-0.5"), Decimal(65_000))
    assert short.side is Side.SELL
    assert (short.entry_price, short.cost) == (Decimal(65_000), Decimal(-32_500))
    assert short.unrealised(Decimal(64_000)) == 500
    assert Position(BTC).side is None
    assert Position(BTC).entry_price == 0


amounts = st.integers(min_value=-50, max_value=50).map(Decimal)


@given(amounts, st.lists(amounts, max_size=6), amounts, st.data())
def test_what_reduces_can_never_flip(
    position: Decimal, exits: list[Decimal], change: Decimal, data: st.DataObject
) -> None:
    """Whichever of the working exits trade, in whichever part, the position stays on its side of flat."""
    exits = [order for order in exits if order * position < 0]
    if not reduces(position, sum(exits, start=ZERO), change):
        return
    traded = ZERO
    for order in [*exits, change]:
        traded += data.draw(st.integers(0, int(abs(order)))) * (1 if order > 0 else -1)
    assert (position + traded) * position >= 0
    assert abs(position + traded) <= abs(position)


@given(amounts, amounts)
def test_an_order_of_at_most_the_position_against_it_reduces(position: Decimal, change: Decimal) -> None:
    """The rule is not stricter than it has to be: exits must always work."""
    against = position * change < 0 and abs(change) <= abs(position)
    assert reduces(position, ZERO, change) is against


@pytest.mark.parametrize(
    ("position", "exits", "change", "expected"),
    [
        ("1", "0", "-1", True),
        ("1", "0", "-1.001", False),
        ("1", "-0.4", "-0.6", True),
        ("1", "-0.4", "-0.7", False),
        ("-1", "0.4", "0.6", True),
        ("-1", "0.4", "0.7", False),
        ("1", "-2", "-0.1", False),
        ("0", "0", "-1", False),
        ("1", "0", "1", False),
        ("1", "0", "0", False),
    ],
)
def test_reduces_golden(position: str, exits: str, change: str, *, expected: bool) -> None:
    assert reduces(Decimal(position), Decimal(exits), Decimal(change)) is expected
