"""Latency: bounded, different from request to request, and the same under the same seed."""

from statistics import fmean

import pytest

from tests.unit.exchange.bench import D, intent
from tests.unit.exchange.depth_bench import DepthBench
from tui_trader.core.chance import Chance
from tui_trader.core.clock import elapsed
from tui_trader.core.words import Side
from tui_trader.exchange.paper import Jitter, Latency

MEAN, MOST = 0.02, 0.5


def latency(seed: int | None) -> Latency:
    return Latency(0.03, Jitter(chance=Chance(seed), mean=MEAN, most=MOST))


def test_no_request_is_faster_than_the_constant_or_slower_than_the_longest() -> None:
    model = latency(1)
    delays = [model.of(f"submit tt-{number}") for number in range(3000)]
    assert min(delays) >= 0.03
    assert max(delays) <= model.longest == 0.53
    assert fmean(delays) == pytest.approx(0.03 + MEAN, rel=0.1)


def test_a_request_takes_its_own_time_under_a_seed_whatever_came_before_it() -> None:
    one, other = latency(7), latency(7)
    one.of("submit tt-1")
    assert one.of("submit tt-2") == other.of("submit tt-2")
    assert one.of("submit tt-2") != one.of("cancel tt-2")
    assert one.of("submit tt-2") != latency(8).of("submit tt-2")


def test_without_jitter_every_request_takes_the_constant() -> None:
    assert Latency(0.05).of("anything") == Latency(0.05).longest == 0.05


@pytest.mark.parametrize(("mean", "most"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
def test_a_tail_that_makes_no_sense_is_refused(mean: float, most: float) -> None:
    with pytest.raises(ValueError, match="jitter"):
        Jitter(chance=Chance(1), mean=mean, most=most)


async def test_orders_arrive_after_their_latency_and_none_after_the_settle_time() -> None:
    latency = Latency(0.05, Jitter(chance=Chance(3), mean=MEAN, most=MOST))
    bench = DepthBench.start(latency=latency)
    delays = []
    for _ in range(20):
        sent = bench.clock.now()
        report = await bench.place(intent(Side.BUY, "0.01", price="99000"))
        delays.append(elapsed(sent, report.time))
    assert len(set(delays)) == 20
    assert min(delays) >= 0.05
    assert max(delays) <= 0.05 + MOST < bench.exchange.settle_time
    assert await bench.quantity() == D(0)
