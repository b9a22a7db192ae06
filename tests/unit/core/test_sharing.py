"""Shares of one position: they always sum to what is held, never point apart, and nobody's trade invents a part."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.position import Position
from tui_trader.core.sharing import Shares, foreign_part, own_part
from tui_trader.core.words import Symbol

D = Decimal
BTC = Symbol("BTCUSDT")
amounts = st.decimals(min_value=-5, max_value=5, places=3)
trades = st.lists(st.tuples(amounts, st.booleans()), max_size=12)


def after(changes: list[tuple[Decimal, bool]]) -> Shares:
    shares = Shares()
    for change, by_us in changes:
        shares = shares.after(change, by_us=by_us)
    return shares


@given(trades)
def test_both_parts_sum_to_what_is_held_and_never_point_apart(changes: list[tuple[Decimal, bool]]) -> None:
    shares = after(changes)
    assert shares.held == sum((change for change, _ in changes), start=D(0))
    assert shares.own * shares.foreign >= 0


@given(trades, amounts)
def test_a_trade_changes_no_part_beyond_its_own_size(changes: list[tuple[Decimal, bool]], change: Decimal) -> None:
    before = after(changes)
    for by_us in (True, False):
        shares = before.after(change, by_us=by_us)
        moved = abs(shares.own - before.own) + abs(shares.foreign - before.foreign)
        assert moved == abs(change)


@given(st.lists(amounts, max_size=12))
def test_where_only_we_trade_all_is_ours_and_where_only_others_do_nothing_is(changes: list[Decimal]) -> None:
    assert after([(change, True) for change in changes]).foreign == 0
    assert after([(change, False) for change in changes]).own == 0


@given(trades, amounts, amounts)
def test_what_the_exchange_says_is_what_is_held(
    changes: list[tuple[Decimal, bool]], held: Decimal, unbooked: Decimal
) -> None:
    settled = after(changes).settled(held, unbooked)
    assert settled.held == held
    assert settled.own * settled.foreign >= 0


@given(trades)
def test_where_both_sides_agree_nothing_changes_hands(changes: list[tuple[Decimal, bool]]) -> None:
    shares = after(changes)
    assert shares.settled(shares.held) == shares


def test_whoever_trades_against_the_position_takes_from_his_own_part_first() -> None:
    both = Shares(own=D(2), foreign=D(3))
    assert both.after(D(-1), by_us=True) == Shares(D(1), D(3))
    assert both.after(D(-1), by_us=False) == Shares(D(2), D(2))
    assert both.after(D(-4), by_us=False) == Shares(D(1), D(0))
    assert both.after(D(-6), by_us=False) == Shares(D(0), D(-1))
    assert both.after(D(-6), by_us=True) == Shares(D(-1), D(0))


def test_a_trade_of_ours_that_is_not_booked_is_ours_where_it_explains_what_is_held() -> None:
    assert Shares().settled(D(3), D(1)) == Shares(D(1), D(2))
    assert Shares(D(0), D(3)).settled(D(3), D(1)) == Shares(D(1), D(2))
    assert Shares(D(1), D(0)).settled(D(1), D(1)) == Shares(D(1), D(0)), "what is not held is nobody's"


@given(st.decimals(min_value=1, max_value=9, places=3), st.decimals(min_value=0, max_value=1, places=3), amounts)
def test_quantities_and_costs_of_the_parts_sum_to_the_accounts(size: Decimal, part: Decimal, price: Decimal) -> None:
    position = Position(BTC, size, size * abs(price))
    foreign = size * part
    own, other = own_part(position, foreign), foreign_part(position, foreign)
    assert own.quantity + other.quantity == position.quantity
    assert own.cost + other.cost == position.cost
    assert own.is_flat == (part == 1)
