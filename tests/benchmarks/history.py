"""How many recorded minutes go through the engine in a second, against the feed alone."""

import asyncio
import math
from collections.abc import Iterator
from itertools import count as numbers
from pathlib import Path
from time import perf_counter, process_time

from tests.benchmarks.figure import Figure
from tests.unit.engine.runs import finished, run_options
from tui_trader.core.clock import LoopClock, PacedLoop
from tui_trader.core.market import Candle
from tui_trader.desk.ledger import Ledger
from tui_trader.engine.knowledge import Knowledge
from tui_trader.engine.options import RunOptions
from tui_trader.engine.plan import plan_of
from tui_trader.engine.wiring import feed_of

SUBJECT = "history"
_HALF_AN_HOUR = 30
_PROMPT = "seldom"


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Bars per second of one symbol at speed max, deciding each minute and twice an hour."""
    shipped = (Path(__file__).parents[2] / "prompts" / "trader.md").read_text()
    every = run_options(folder / "every", cycles=count)
    seldom = run_options(folder / "seldom", cycles=max(1, count // _HALF_AN_HOUR), prompt=_PROMPT)
    seldom.home.prompts.mkdir()
    (seldom.home.prompts / f"{_PROMPT}.md").write_text(
        shipped.replace("interval: 60s", f"interval: {_HALF_AN_HOUR}m").replace("name: trader", f"name: {_PROMPT}")
    )
    alone = _feed_alone(every, count)
    for name, options, bars in (
        ("a decision a bar", every, count),
        (f"a decision in {_HALF_AN_HOUR} bars", seldom, max(1, count // _HALF_AN_HOUR) * _HALF_AN_HOUR),
    ):
        began, cpu = perf_counter(), process_time()
        engine, _ = finished(options)
        took, cpu = perf_counter() - began, process_time() - cpu
        if engine.failure is not None:
            raise engine.failure
        yield Figure(
            subject=SUBJECT,
            name=name,
            value=bars / took,
            unit="bars/s",
            baseline=alone,
            against="the feed alone",
            note=f"{cpu / bars * 1e3:.2f} ms of CPU a bar",
        )


def _feed_alone(options: RunOptions, bars: int) -> float:
    """Bars per second of the same feed in virtual time with nobody listening."""
    plan = plan_of(options, Knowledge())
    loop = PacedLoop(math.inf, deadlock_is_error=True)

    async def drained() -> float:
        clock = LoopClock(loop, plan.epoch)
        closed = numbers()
        began = perf_counter()
        async for event in feed_of(plan, clock, Ledger()).events(None):
            if isinstance(event, Candle) and next(closed) >= bars:
                break
        return perf_counter() - began

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return bars / runner.run(drained())
