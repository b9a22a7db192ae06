"""The paced loop: virtual jumps, scaled time, holding still, order of work, deadlock and threads."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypedDict, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.graph import END, START, StateGraph

from tui_trader.core.clock import DAY, PacedLoop, Stalled

T = TypeVar("T")


def run(
    main: Callable[[], Coroutine[Any, Any, T]],
    *,
    pace: float = math.inf,
    shuffle_seed: int | None = None,
    deadlock_is_error: bool = True,
    yields: bool = False,
) -> T:
    """The result of `main` on a paced loop, with asyncio's own way of opening and closing."""

    def factory() -> PacedLoop:
        return PacedLoop(pace, shuffle_seed=shuffle_seed, deadlock_is_error=deadlock_is_error, yields=yields)

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


def paced() -> PacedLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PacedLoop)
    return loop


def test_a_week_of_waiting_takes_no_real_time() -> None:
    async def main() -> float:
        await asyncio.sleep(7 * DAY)
        return paced().time()

    began = time.monotonic()
    assert run(main) == 7 * DAY
    assert time.monotonic() - began < 60


@given(st.lists(st.floats(min_value=0.0, max_value=90 * DAY), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_timers_run_at_their_exact_time_and_in_order(delays: list[float]) -> None:
    seen: list[tuple[float, float]] = []

    async def main() -> None:
        loop = paced()
        for delay in delays:
            loop.call_at(delay, lambda when: seen.append((when, loop.time())), delay)
        await asyncio.sleep(100 * DAY)

    run(main)
    assert [when for when, _ in seen] == sorted(delays)
    assert all(when == at for when, at in seen)


def test_time_does_not_stick_after_years() -> None:
    """Beyond half a year a nanosecond is lost next to the loop's time; due timers must run all the same."""

    async def main() -> float:
        await asyncio.sleep(3650 * DAY)
        for _ in range(10):
            await asyncio.sleep(0.001)
            await asyncio.sleep(1e-12)
        return paced().time()

    assert run(main) == pytest.approx(3650 * DAY + 0.01, abs=1e-6)


def test_timers_of_one_instant_run_in_the_order_in_which_they_were_set() -> None:
    seen: list[int] = []

    async def main() -> None:
        for number in range(100):
            paced().call_at(5.0, seen.append, number)
        await asyncio.sleep(6.0)

    run(main)
    assert seen == list(range(100))


def test_a_cancelled_timer_does_not_run_and_does_not_move_time() -> None:
    async def main() -> float:
        paced().call_later(1.0, pytest.fail).cancel()
        await asyncio.sleep(0.5)
        return paced().time()

    assert run(main) == 0.5


def test_timeouts_are_in_the_loops_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600.0):
                await asyncio.Event().wait()
        return paced().time()

    assert run(main) == 3600.0


def test_ready_tasks_run_first_in_first_out() -> None:
    assert run(lambda: interleaving(20)) == list(range(20))


async def interleaving(count: int) -> list[int]:
    """In which order `count` tasks get to run: half of them by a timer of one instant, half ready at once."""
    order: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(1.0)
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(count)))
    return order


def test_a_seed_fixes_the_shuffle_and_seeds_differ() -> None:
    orders = [run(lambda: interleaving(20), shuffle_seed=seed) for seed in range(6)]
    assert orders == [run(lambda: interleaving(20), shuffle_seed=seed) for seed in range(6)]
    assert all(sorted(order) == list(range(20)) for order in orders)
    assert len({tuple(order) for order in orders}) == 6


def test_the_shuffle_loses_nothing() -> None:
    async def main() -> int:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)

        async def produce() -> None:
            for number in range(200):
                await queue.put(number)

        async def consume() -> int:
            return sum([await queue.get() for _ in range(200)])

        producers = [asyncio.create_task(produce()) for _ in range(3)]
        total = await asyncio.gather(*(consume() for _ in range(3)))
        await asyncio.gather(*producers)
        return sum(total)

    assert run(main, shuffle_seed=1) == 3 * sum(range(200))


def test_a_deadlock_is_named() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stalled, match="every task waits"):
        run(main)


def test_no_thread_may_answer_in_virtual_time() -> None:
    async def main() -> None:
        await asyncio.to_thread(int)

    with pytest.raises(RuntimeError, match="wants a thread"):
        run(main)


def test_threads_are_fine_where_time_is_real() -> None:
    async def main() -> int:
        return await asyncio.to_thread(int, "7")

    assert run(main, pace=1.0) == 7


@pytest.mark.parametrize("pace", [math.inf, 1.0, 1000.0])
def test_another_thread_wakes_a_loop_that_has_nothing_to_do(pace: float) -> None:
    async def main() -> str:
        answer: asyncio.Future[str] = paced().create_future()
        thread = threading.Thread(target=paced().call_soon_threadsafe, args=(answer.set_result, "hello"))
        thread.start()
        try:
            return await answer
        finally:
            thread.join()

    assert run(main, pace=pace, deadlock_is_error=False) == "hello"


def test_another_thread_is_heard_between_the_jumps() -> None:
    """Virtual time always has a next timer here, so the loop never waits; the thread must get through all the same."""

    async def main() -> bool:
        heard = asyncio.Event()
        thread = threading.Thread(target=paced().call_soon_threadsafe, args=(heard.set,))
        thread.start()
        while not heard.is_set():
            await asyncio.sleep(1.0)
        thread.join()
        return True

    assert run(main, deadlock_is_error=False, yields=True)


def test_time_stands_still_while_held() -> None:
    async def main() -> tuple[float, float, list[str]]:
        loop = paced()
        woken: list[str] = []
        release = asyncio.Event()
        loop.call_later(10.0, woken.append, "timer")
        thread = threading.Thread(target=loop.call_soon_threadsafe, args=(release.set,))
        with loop.held(), loop.held():
            thread.start()
            await release.wait()
            held_at = loop.time()
            seen = list(woken)
        thread.join()
        await asyncio.sleep(20.0)
        return held_at, loop.time(), seen + woken

    assert run(main) == (0.0, 20.0, ["timer"])


@pytest.mark.parametrize("pace", [1.0, 1000.0])
def test_held_real_time_is_not_made_up_for(pace: float) -> None:
    async def main() -> float:
        with paced().held():
            before = paced().time()
            real = time.monotonic()
            while time.monotonic() < real + 0.05:
                pass
            return paced().time() - before

    assert run(main, pace=pace) == 0.0


def test_scaled_time_is_slower_than_a_jump_and_faster_than_life() -> None:
    async def main() -> float:
        await asyncio.sleep(100.0)
        return paced().time()

    began = time.monotonic()
    assert run(main, pace=1000.0) == 100.0
    assert 0.1 <= time.monotonic() - began < 50


def test_scaled_work_takes_no_scaled_time() -> None:
    """At 10 000 times real time a millisecond of work would be ten seconds, and every price would be stale."""

    async def main() -> tuple[float, float]:
        began = time.monotonic()
        while time.monotonic() < began + 0.01:
            pass
        worked = paced().time()
        await asyncio.sleep(1.0)
        return worked, paced().time()

    assert run(main, pace=10_000.0) == (0.0, 1.0)


def test_scaled_and_unscaled_runs_do_the_same() -> None:
    async def main() -> list[tuple[float, int]]:
        seen: list[tuple[float, int]] = []

        async def one(number: int, period: float) -> None:
            for _ in range(5):
                await asyncio.sleep(period)
                seen.append((paced().time(), number))

        await asyncio.gather(one(0, 0.3), one(1, 0.5), one(2, 0.75), one(3, 0.3))
        return seen

    assert run(main, pace=100.0) == run(main, pace=math.inf)


def test_an_unscaled_loop_runs_with_the_machine() -> None:
    async def main() -> tuple[float, float]:
        loop = paced()
        real, own = time.monotonic(), loop.time()
        await asyncio.sleep(0.05)
        own = loop.time() - own
        return own, time.monotonic() - real

    own, real = run(main, pace=1.0)
    assert 0.05 - 1e-6 <= own <= real


@pytest.mark.parametrize("pace", [0.0, -1.0, math.nan])
def test_a_pace_must_be_positive(pace: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        PacedLoop(pace)


def test_sockets_work_on_the_real_pace() -> None:
    async def main() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

    assert run(main, pace=1.0) == b"hello\n"


class Steps(TypedDict):
    """The state of the test's graph."""

    trail: list[str]
    at: float


def test_langgraph_runs_in_virtual_time() -> None:
    """Async nodes and an async condition; ten minutes of the graph's time pass at once."""

    async def gather(state: Steps) -> Steps:
        await asyncio.sleep(300.0)
        return {"trail": [*state["trail"], "gather"], "at": paced().time()}

    async def decide(state: Steps) -> Steps:
        async with asyncio.timeout(400.0):
            await asyncio.sleep(300.0)
        return {"trail": [*state["trail"], "decide"], "at": paced().time()}

    async def route(state: Steps) -> str:
        return "decide" if state["trail"] else END

    async def main() -> Steps:
        builder = StateGraph(Steps)
        builder.add_node("gather", gather)
        builder.add_node("decide", decide)
        builder.add_edge(START, "gather")
        builder.add_conditional_edges("gather", route, ["decide", END])
        builder.add_edge("decide", END)
        graph = builder.compile()
        outcome = await graph.ainvoke({"trail": [], "at": 0.0})
        return Steps(trail=outcome["trail"], at=outcome["at"])

    assert run(main) == {"trail": ["gather", "decide"], "at": 600.0}
