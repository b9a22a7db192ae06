"""The meter of the loopback exchange at exact instants."""

from dataclasses import replace

import pytest

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.exchange.loopback.limits import Meter, Overloaded
from tui_trader.exchange.loopback.options import Limits

LIMITS = replace(Limits(), weight_a_minute=10, orders_10s=2, orders_1m=3, patience=2, ban_seconds=120)


def at(seconds: float) -> Instant:
    return Instant(round(seconds * NANOSECONDS))


def test_weight_is_counted_by_the_minute_and_begins_anew() -> None:
    meter = Meter(LIMITS)
    meter.charge(10, at(59))
    with pytest.raises(Overloaded) as much:
        meter.charge(1, at(59))
    assert (much.value.refusal.status, much.value.refusal.code, much.value.retry_after) == (429, -1003, 1)
    meter.charge(1, at(60))
    assert meter.headers(at(60), with_orders=False) == {"X-MBX-USED-WEIGHT-1M": "1"}


def test_who_ignores_429_is_banned_for_a_time() -> None:
    meter = Meter(LIMITS)
    meter.charge(10, at(0))
    statuses = []
    for _ in range(4):
        with pytest.raises(Overloaded) as much:
            meter.charge(1, at(1))
        statuses.append((much.value.refusal.status, much.value.retry_after))
    assert statuses == [(429, 59), (429, 59), (418, 120), (418, 120)]
    with pytest.raises(Overloaded):
        meter.charge(1, at(120))
    meter.charge(1, at(121))


def test_orders_are_counted_by_ten_seconds_and_by_the_minute() -> None:
    meter = Meter(LIMITS)
    meter.charge_orders(1, 1, at(0))
    meter.charge_orders(1, 1, at(9))
    with pytest.raises(Overloaded, match="2 orders per 10 SECOND"):
        meter.charge_orders(1, 1, at(9))
    meter.charge_orders(1, 1, at(10))
    with pytest.raises(Overloaded, match="3 orders per 1 MINUTE"):
        meter.charge_orders(1, 1, at(20))
    counted = meter.headers(at(20), with_orders=True)
    assert (counted["X-MBX-ORDER-COUNT-10S"], counted["X-MBX-ORDER-COUNT-1M"]) == ("0", "3")
