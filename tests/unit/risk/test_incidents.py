"""Incidents: each order answers once, slips once, and only what the agent enters can repeat itself."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.risk.rows import Story, noon
from tests.unit.risk.scenes import ETH, entry, stop_order
from tui_trader.core.order import Fill, Intent, OrderStatus, TimeInForce
from tui_trader.core.records import CycleDecided, OrderChanged, OrderFilled
from tui_trader.core.words import Actor, ClientOrderId, CycleVerdict, Side, TradeId
from tui_trader.risk.incidents import KEPT, IncidentFold, Incidents, alike, most_alike

D = Decimal
S = OrderStatus


def seen(story: Story) -> Incidents:
    fold = IncidentFold()
    story.into(fold)
    return fold.seen


def told(*statuses: OrderStatus, intent: Intent | None = None) -> Incidents:
    """What is seen of one order that goes through these."""
    story = Story()
    order = story.intent(intent or entry())
    for number, status in enumerate(statuses):
        story.tell(OrderChanged(client_order_id=order, status=status), at=float(number))
    return seen(story)


def filled(intent: Intent, *prices: str) -> Incidents:
    """What is seen of an order that fills at these."""
    story = Story()
    order = story.intent(intent)
    for number, price in enumerate(prices):
        trade = Fill(
            client_order_id=order,
            trade_id=TradeId(str(number)),
            symbol=intent.symbol,
            side=intent.side,
            quantity=D(1),
            price=D(price),
            fee=D(0),
            maker=False,
            realised=D(0),
            time=noon(),
        )
        story.tell(OrderFilled(fill=trade), at=float(number))
    return seen(story)


@pytest.mark.parametrize(
    ("news", "errors"),
    [
        ((S.SENT, S.ACCEPTED, S.FILLED), [False]),
        ((S.SENT, S.FILLED), [False]),
        ((S.SENT, S.ACCEPTED, S.CANCELED), [False]),
        ((S.SENT, S.REJECTED), [True]),
        ((S.SENT, S.UNKNOWN, S.FILLED), [True]),
        ((S.SENT, S.UNKNOWN, S.NOT_SENT), [True]),
        ((S.SENT, S.NOT_SENT), [True]),
        ((S.NOT_SENT,), []),
        ((S.SENT,), []),
    ],
)
def test_an_order_that_left_is_answered_once(news: tuple[OrderStatus, ...], errors: list[bool]) -> None:
    assert [answer.is_error for answer in told(*news).orders] == errors


def test_an_unknown_fate_counts_when_it_becomes_unknown() -> None:
    [event] = told(S.SENT, S.UNKNOWN, S.FILLED).unknown
    assert event.at == noon(1)


def test_a_cancelled_entry_counts_and_a_cancelled_stop_does_not() -> None:
    assert len(told(S.SENT, S.ACCEPTED, S.CANCELED).cancels) == 1
    assert told(S.SENT, S.ACCEPTED, S.CANCELED, intent=stop_order(D(98))).cancels == ()
    assert told(S.SENT, S.ACCEPTED, S.EXPIRED).cancels == ()


@pytest.mark.parametrize(("side", "price", "worse"), [(Side.BUY, "100.5", 50), (Side.SELL, "99.5", 50)])
def test_a_fill_is_held_against_the_price_that_was_seen(side: Side, price: str, worse: int) -> None:
    [slip] = filled(replace(entry(side=side), seen_price=D(100)), price).fills
    assert slip.worse_bps == worse


def test_a_stop_is_held_against_its_trigger() -> None:
    stop = stop_order(D(98))
    price = D(98) * (1 + stop.side.sign * D("0.01"))
    [slip] = filled(stop, str(price)).fills
    assert slip.worse_bps == 100


def test_an_order_slips_once_with_its_worst_fill() -> None:
    [slip] = filled(replace(entry(), seen_price=D(100)), "100.1", "100.6", "99").fills
    assert slip.worse_bps == 60


def test_an_order_that_no_price_decided_cannot_slip() -> None:
    assert filled(entry(), "150").fills == ()


def test_a_cycle_in_which_the_decider_was_not_asked_is_no_answer() -> None:
    story = Story()
    for number, verdict in enumerate(CycleVerdict):
        story.tell(CycleDecided(cycle=number, symbols=(), verdict=verdict, reason="", decider="rules"))
    answers = seen(story).decisions
    assert len(answers) == len(CycleVerdict) - 1
    assert sum(answer.is_error for answer in answers) == 1


ONE = entry(D(5))
RESTING = entry(D(5), price=D(100), time_in_force=TimeInForce.GTC)


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        (ONE, ONE, True),
        (ONE, entry(D("5.5")), True),
        (ONE, entry(D("5.6")), False),
        (ONE, entry(D(5), Side.SELL), False),
        (ONE, entry(D(5), symbol=ETH), False),
        (ONE, RESTING, False),
        (ONE, entry(D(5), price=D("100.4")), True),
        (RESTING, entry(D(5), price=D("100.1"), time_in_force=TimeInForce.GTC), True),
        (RESTING, entry(D(5), price=D("100.2"), time_in_force=TimeInForce.GTC), False),
    ],
)
def test_what_makes_two_orders_the_same(one: Intent, other: Intent, are_alike: bool) -> None:
    assert alike(one, other) is are_alike
    assert alike(other, one) is are_alike


def test_only_the_agents_entries_are_counted_whatever_lies_between_them() -> None:
    story = Story()
    for number in range(3):
        story.intent(ONE, at=float(number))
        story.intent(entry(D(5), symbol=ETH), at=float(number))
        story.intent(entry(D(5), actor=Actor.OPERATOR), at=float(number))
        story.intent(stop_order(D(98)), at=float(number))
    entries = seen(story).entries
    assert len(entries) == 6
    assert most_alike(entries) == 3


def test_only_so_many_are_kept() -> None:
    story = Story()
    for number in range(KEPT + 5):
        order = story.intent(entry(actor=Actor.OPERATOR), at=float(number))
        story.tell(OrderChanged(client_order_id=order, status=S.SENT), at=float(number))
        story.tell(OrderChanged(client_order_id=order, status=S.UNKNOWN), at=float(number))
    unknown = seen(story).unknown
    assert len(unknown) == KEPT
    assert unknown[-1].at == noon(KEPT + 4)


def test_news_of_an_order_that_is_not_ours_says_nothing() -> None:
    story = Story()
    story.tell(OrderChanged(client_order_id=ClientOrderId("tt-none"), status=S.UNKNOWN))
    assert seen(story) == Incidents()
