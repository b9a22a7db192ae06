"""The log against the exchange's list: each way in which they can disagree is told apart, and nothing else is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.engine.rows import Log, entry
from tests.unit.engine.time import NOON
from tui_trader.core.clock import DAY, Instant, later
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import EmergencyImported, OrderChanged, OrderIntended
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.engine.commitments import Commitments, Compared, compared
from tui_trader.exchange.ports import Kept, OrderReport
from tui_trader.journal.codec import encode
from tui_trader.journal.emergency import line_hash

KEPT = Kept(traded=90 * DAY, unfilled=3 * DAY)
INTENT = entry("0.01")


def log(*statuses: OrderStatus, filled: str = "0") -> tuple[Commitments, ClientOrderId]:
    """A log that announced one order and told these statuses of it."""
    known = Commitments()
    rows = Log((known,))
    rows.write(OrderIntended(intent=INTENT))
    order_id = rows.last_order
    for status in statuses:
        rows.write(OrderChanged(client_order_id=order_id, status=status, filled=Decimal(filled)))
    return known, order_id


def listed(order_id: ClientOrderId) -> OrderReport:
    """The order as it was announced, at the exchange."""
    return OrderReport(
        client_order_id=order_id,
        exchange_order_id="1",
        symbol=INTENT.symbol,
        side=INTENT.side,
        type=INTENT.type,
        status=OrderStatus.ACCEPTED,
        quantity=INTENT.quantity,
        filled=Decimal(0),
        average_price=None,
        price=INTENT.price,
        stop_price=None,
        reduce_only=False,
        close_position=False,
        time=NOON,
    )


def verdict(known: Commitments, *orders: OrderReport, now: Instant = NOON, upto: int = 100) -> Compared:
    return compared(known, orders, kept=KEPT, now=now, upto=upto)


def test_what_is_announced_and_listed_agrees() -> None:
    known, order_id = log(OrderStatus.SENT, OrderStatus.ACCEPTED)
    found = verdict(known, listed(order_id), replace(listed(order_id), client_order_id=ClientOrderId("web_by_hand")))
    assert (found.listed, found.matched, found.contradictions) == (1, 1, ())


def test_an_order_under_our_name_that_no_row_announces_is_a_contradiction() -> None:
    known, order_id = log(OrderStatus.SENT, OrderStatus.ACCEPTED)
    stranger = replace(listed(order_id), client_order_id=ClientOrderId("tt-nobodyknowsme"))
    (found,) = verdict(known, listed(order_id), stranger).contradictions
    assert found.client_order_id == "tt-nobodyknowsme"
    assert "no row of the log announces it" in str(found)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"quantity": INTENT.quantity * 2}, "quantity"), ({"side": Side.SELL}, "side"), ({"symbol": "XRPUSDT"}, "symbol")],
)
def test_an_order_that_is_not_as_it_was_announced_is_a_contradiction(changed: dict[str, object], said: str) -> None:
    known, order_id = log(OrderStatus.SENT, OrderStatus.ACCEPTED)
    (found,) = verdict(known, replace(listed(order_id), **changed)).contradictions  # type: ignore[arg-type]
    assert (found.seq, said in found.reason) == (1, True)


def test_what_the_log_says_never_left_and_is_there_is_a_contradiction() -> None:
    known, order_id = log(OrderStatus.SENT, OrderStatus.NOT_SENT)
    assert len(verdict(known, listed(order_id)).contradictions) == 1
    assert verdict(known).contradictions == ()


def test_an_id_that_is_listed_twice_is_a_contradiction() -> None:
    known, order_id = log(OrderStatus.SENT, OrderStatus.ACCEPTED)
    (found,) = verdict(known, listed(order_id), listed(order_id)).contradictions
    assert "twice" in found.reason


@pytest.mark.parametrize(
    "status", [OrderStatus.ACCEPTED, OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED]
)
def test_what_the_exchange_took_by_the_log_must_be_listed(status: OrderStatus) -> None:
    known, _ = log(OrderStatus.SENT, status)
    (found,) = verdict(known).contradictions
    assert "does not list it" in found.reason


def test_what_was_written_after_the_exchange_was_asked_is_not_missed() -> None:
    known, _ = log(OrderStatus.SENT, OrderStatus.ACCEPTED)
    assert verdict(known, upto=2).contradictions == ()


@pytest.mark.parametrize(
    ("filled", "days", "beyond"), [("0", 2.9, 0), ("0", 3.1, 1), ("0.01", 3.1, 0), ("0.01", 89.9, 0), ("0.01", 90.1, 1)]
)
def test_what_is_older_than_the_exchange_lists_is_said_and_not_missed(filled: str, days: float, beyond: int) -> None:
    known, _ = log(OrderStatus.SENT, OrderStatus.CANCELED, filled=filled)
    found = verdict(known, now=later(NOON, days * DAY))
    assert (found.beyond, len(found.contradictions)) == (beyond, 1 - beyond)


@pytest.mark.parametrize("statuses", [(), (OrderStatus.SENT,), (OrderStatus.SENT, OrderStatus.UNKNOWN)])
def test_an_order_of_unknown_fate_that_is_not_listed_is_an_open_question(statuses: tuple[OrderStatus, ...]) -> None:
    known, _ = log(*statuses)
    found = verdict(known)
    assert (found.unsettled, found.contradictions) == (1, ())


def test_what_only_the_emergency_log_announced_counts_as_announced() -> None:
    line = EmergencyImported(
        line={
            "entry": {"kind": OrderIntended.KIND, "actor": "operator", "record": encode(OrderIntended(intent=INTENT))}
        }
    )
    known = Commitments()
    known.aside(line, 0, NOON)
    found = verdict(known, listed(client_order_id(line_hash(line))))
    assert (found.matched, found.contradictions) == (1, ())
