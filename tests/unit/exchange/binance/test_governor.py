"""The governor keeps a third of every limit for exits and questions, and is silent when told to be."""

import pytest

from tests.fakes.trader_parts import virtual
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, later
from tui_trader.exchange.binance.backoff import Backoff
from tui_trader.exchange.binance.governor import Governor, Limit, Urgency

ROUTINE, VITAL = Urgency.ROUTINE, Urgency.VITAL


class HandClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = Instant(10**18)

    def now(self) -> Instant:
        return self.time

    def go(self, seconds: float) -> None:
        self.time = later(self.time, seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def governor(clock: HandClock) -> Governor:
    governor = Governor(clock)  # type: ignore[arg-type]  # it only asks for the time
    governor.set_limit(Limit.WEIGHT, 1000)
    return governor


def test_routine_stops_at_seven_tenths_and_what_is_vital_goes_on(governor: Governor) -> None:
    governor.heard(200, {"X-MBX-USED-WEIGHT-1M": "700"})
    assert "WEIGHT" in governor.refusal(ROUTINE, weight=1)
    assert governor.refusal(VITAL, weight=300) == ""
    assert governor.refusal(VITAL, weight=1) != ""


def test_what_was_sent_counts_before_the_exchange_says_so(governor: Governor) -> None:
    assert governor.refusal(ROUTINE, weight=690) == ""
    assert governor.refusal(ROUTINE, weight=11) != ""
    assert governor.refusal(ROUTINE, weight=10) == ""


@pytest.mark.parametrize(("limit", "header"), [(300, "X-MBX-ORDER-COUNT-10S"), (1200, "X-MBX-ORDER-COUNT-1M")])
def test_entries_leave_room_for_exits_in_the_order_counts(governor: Governor, limit: int, header: str) -> None:
    governor.heard(200, {header: str(limit * 7 // 10)})
    assert governor.refusal(ROUTINE, weight=0, orders=1) != ""
    assert governor.refusal(VITAL, weight=0, orders=1) == ""


def test_a_count_ends_with_its_interval(governor: Governor, clock: HandClock) -> None:
    governor.heard(200, {"X-MBX-USED-WEIGHT-1M": "1000", "X-MBX-ORDER-COUNT-10S": "300"})
    clock.go(11)
    assert governor.refusal(VITAL, weight=0, orders=1) == ""
    assert governor.refusal(VITAL, weight=1) != ""
    clock.go(50)
    assert governor.refusal(ROUTINE, weight=1) == ""


@pytest.mark.parametrize(
    ("status", "header", "pause"), [(429, "7", 7), (429, None, 10), (418, "300", 300), (418, None, 120)]
)
def test_nobody_sends_while_the_exchange_wants_a_pause(
    governor: Governor, clock: HandClock, status: int, header: str | None, pause: int
) -> None:
    governor.heard(status, {"Retry-After": header} if header else {})
    assert governor.is_banned is (status == 418)
    clock.go(pause - 0.1)
    assert str(status) in governor.refusal(VITAL, weight=1)
    clock.go(0.2)
    assert governor.refusal(VITAL, weight=1) == ""


def test_odd_headers_change_nothing(governor: Governor) -> None:
    governor.heard(200, {"X-MBX-USED-WEIGHT-1M": "many", "Retry-After": "soon"})
    assert governor.refusal(ROUTINE, weight=1) == ""


@virtual
async def test_pauses_between_connections_grow_to_a_minute_and_begin_anew() -> None:
    backoff = Backoff(Chance(1).stream("test"))
    pauses = [backoff.pause() for _ in range(20)]
    assert pauses[0] == 1.0
    assert all(1.0 <= pause <= 60.0 for pause in pauses)
    assert all(pause >= 30.0 for pause in pauses[7:])
    assert len(set(pauses[7:])) > 1
    backoff.reset()
    assert backoff.pause() == 1.0
