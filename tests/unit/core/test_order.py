"""Orders: what can be meant at all, and which news may follow which."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.unit.core.strategies import BTC, btc_prices, btc_quantities, order
from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO
from tui_trader.core.order import NEXT_STATUS, Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.words import Actor, ClientOrderId, Side

S = OrderStatus
statuses = st.sampled_from(OrderStatus)


def made(status: OrderStatus = S.INTENDED, *, filled: str = "0") -> Order:
    """An order of 0.010 BTC in that state."""
    return Order(
        client_order_id=ClientOrderId("tt-test"),
        intent=order(),
        status=status,
        filled=Decimal(filled),
        created=Instant(0),
        updated=Instant(0),
    )


class OrderLife(RuleBasedStateMachine):
    """Any news at any time, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.order = made()
        self.was = self.order

    @rule(
        status=statuses,
        at=st.integers(0, 1000).map(Instant),
        filled=st.none() | st.integers(0, 10).map(lambda steps: steps * Decimal("0.001")),
        price=st.none() | btc_prices,
    )
    def news(self, status: OrderStatus, at: Instant, filled: Decimal | None, price: Decimal | None) -> None:
        """Whatever the exchange says."""
        self.was = self.order
        self.order = self.order.advanced(status, at=at, filled=filled, average_price=price)

    @invariant()
    def only_allowed_steps(self) -> None:
        """The order stays as it is or goes one step of the table."""
        assert self.order is self.was or self.order.status in NEXT_STATUS[self.was.status]

    @invariant()
    def nothing_goes_back(self) -> None:
        """The filled quantity and the time of the last news only grow."""
        assert self.order.filled >= self.was.filled
        assert self.order.updated >= self.was.updated

    @invariant()
    def what_remains_is_what_can_still_trade(self) -> None:
        """Nothing where the order is final, else what is not filled."""
        assert self.order.is_open is not self.order.status.is_final
        remaining = self.order.intent.quantity - self.order.filled if self.order.is_open else ZERO
        assert self.order.remaining == remaining >= 0


TestOrderLife = OrderLife.TestCase


def test_every_status_has_a_row_in_the_table() -> None:
    assert set(NEXT_STATUS) == set(OrderStatus)


@pytest.mark.parametrize("status", [S.FILLED, S.REJECTED, S.NOT_SENT])
def test_what_is_settled_stays(status: OrderStatus) -> None:
    assert NEXT_STATUS[status] == frozenset()


@given(statuses)
def test_a_final_order_can_at_most_turn_out_to_be_filled(status: OrderStatus) -> None:
    if status.is_final:
        assert NEXT_STATUS[status] <= {S.FILLED}


@given(statuses)
def test_nothing_becomes_an_intent_again_and_only_unanswered_orders_become_unknown(status: OrderStatus) -> None:
    assert S.INTENDED not in NEXT_STATUS[status]
    assert (S.UNKNOWN in NEXT_STATUS[status]) is (status in (S.INTENDED, S.SENT))


@given(statuses)
def test_every_open_order_can_still_be_settled(status: OrderStatus) -> None:
    reached, frontier = {status}, {status}
    while frontier:
        frontier = {following for one in frontier for following in NEXT_STATUS[one]} - reached
        reached |= frontier
    assert any(one.is_final for one in reached)


def test_an_unknown_order_counts_in_full_until_it_is_settled() -> None:
    unknown = made(S.SENT).advanced(S.UNKNOWN, at=Instant(1))
    assert unknown.is_open
    assert unknown.remaining == unknown.intent.quantity
    assert unknown.advanced(S.NOT_SENT, at=Instant(2)).remaining == 0


def test_late_news_changes_nothing() -> None:
    filled = made(S.ACCEPTED).advanced(S.FILLED, at=Instant(5), filled=Decimal("0.010"), average_price=Decimal(65_000))
    assert filled.advanced(S.ACCEPTED, at=Instant(9)) is filled
    assert filled.advanced(S.CANCELED, at=Instant(9)) is filled


def test_a_fill_that_a_cancel_overtook_is_taken_over() -> None:
    canceled = made(S.ACCEPTED).advanced(S.CANCELED, at=Instant(5))
    filled = canceled.advanced(S.FILLED, at=Instant(4), filled=Decimal("0.010"), average_price=Decimal(65_000))
    assert (filled.status, filled.filled, filled.updated) == (S.FILLED, Decimal("0.010"), 5)


def test_an_average_price_of_less_than_is_filled_is_old() -> None:
    half = made(S.ACCEPTED).advanced(
        S.PARTIALLY_FILLED, at=Instant(2), filled=Decimal("0.005"), average_price=Decimal(65_000)
    )
    overtaken = half.advanced(S.PARTIALLY_FILLED, at=Instant(1), filled=Decimal("0.002"), average_price=Decimal(64_000))
    assert (overtaken.filled, overtaken.average_price) == (Decimal("0.005"), Decimal(65_000))


def test_a_closing_order_that_traded_more_than_it_covered_has_nothing_left() -> None:
    assert made(S.PARTIALLY_FILLED, filled="0.015").remaining == 0


@given(btc_quantities, st.sampled_from(Side))
def test_resizing_changes_the_size_alone(quantity: Decimal, side: Side) -> None:
    intent = order(side=side)
    assert intent.resized(quantity).signed_quantity == side.sign * quantity
    assert intent.resized(quantity).resized(intent.quantity) == intent


MARKET, LIMIT, STOP = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_MARKET


@pytest.mark.parametrize(
    ("order_type", "price", "stop_price", "allowed"),
    [
        (LIMIT, "1", None, True),
        (LIMIT, None, None, False),
        (LIMIT, "1", "1", False),
        (MARKET, None, None, True),
        (MARKET, "1", None, False),
        (MARKET, None, "1", False),
        (STOP, None, "1", True),
        (STOP, None, None, False),
        (STOP, "1", "1", False),
        (OrderType.TAKE_PROFIT_MARKET, None, "1", True),
        (OrderType.TAKE_PROFIT_MARKET, None, None, False),
        (LIMIT, "NaN", None, False),
        (LIMIT, "Infinity", None, False),
        (STOP, None, "NaN", False),
    ],
)
def test_an_order_has_the_prices_of_its_type(
    order_type: OrderType, price: str | None, stop_price: str | None, *, allowed: bool
) -> None:
    def make() -> Intent:
        return Intent(
            symbol=BTC,
            side=Side.BUY,
            type=order_type,
            quantity=Decimal(1),
            price=None if price is None else Decimal(price),
            stop_price=None if stop_price is None else Decimal(stop_price),
            purpose=Purpose.ENTRY,
            actor=Actor.AGENT,
        )

    holds(make, allowed=allowed)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(("reduce_only", "close_position"), [(True, False), (False, True), (False, False)])
def test_only_an_entry_may_add_risk(purpose: Purpose, *, reduce_only: bool, close_position: bool) -> None:
    """The gate counts entries as new exposure; anything else that could open would not be counted."""

    def make() -> Intent:
        return Intent(
            symbol=BTC,
            side=Side.SELL,
            type=OrderType.MARKET,
            quantity=Decimal(1),
            reduce_only=reduce_only,
            close_position=close_position,
            purpose=purpose,
            actor=Actor.SYSTEM,
        )

    holds(make, allowed=purpose is Purpose.ENTRY or reduce_only or close_position)


def holds(make: Callable[[], Intent], *, allowed: bool) -> None:
    """The order can be made exactly if it is allowed."""
    if allowed:
        make()
    else:
        with pytest.raises(ValueError, match="order"):
            make()
