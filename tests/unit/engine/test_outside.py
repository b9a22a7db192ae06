"""A feed that is old for too long is told once, and again after it was fresh."""

from tests.unit.engine.time import NOON
from tui_trader.core.clock import Clock, Instant, later
from tui_trader.engine.alerting import Alert
from tui_trader.engine.outside import FeedWatch


class _Clock:
    def __init__(self) -> None:
        self.time: Instant = NOON

    def now(self) -> Instant:
        return self.time


def watched(ages: "list[float | None]", step: float = 2.0) -> list[str]:
    """What is told while the oldest price has these ages, so many seconds apart; at most 5 s are allowed."""
    clock, told = _Clock(), list[Alert]()
    age: list[float | None] = [0.0]
    watch = FeedWatch(_as_clock(clock), oldest=lambda: age[0], most=lambda: 5.0, tell=told.append)
    for each in ages:
        age[0] = each
        watch.look()
        clock.time = later(clock.time, step)
    return [alert.text for alert in told]


def _as_clock(clock: _Clock) -> Clock:
    return clock  # type: ignore[return-value]  # only its time is asked for


def test_old_prices_are_told_once_after_ten_seconds() -> None:
    assert watched([1.0, 5.0, 5.1, 7.1, 9.1, 11.1, 13.1]) == []
    (said,) = watched([1.0, 5.1, 7.1, 9.1, 11.1, 13.1, 15.1, 17.1, 19.1])
    assert "15 s ago" in said


def test_a_price_that_never_came_is_old_too() -> None:
    (said,) = watched([None] * 8)
    assert "there is none yet" in said


def test_fresh_prices_begin_it_anew() -> None:
    old = [6.0] * 7
    assert len(watched([*old, 1.0, *old])) == 2
    assert watched([*old[:4], 1.0, *old[:4]]) == []
