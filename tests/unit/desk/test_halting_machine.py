"""Halted, resumed, both at once, killed in between, in any order: the halt that came later wins, in memory and rows."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fakes.trader_parts import ETH, Trader, virtual_loop, world_of
from tui_trader.core.records import TradingStateChanged
from tui_trader.core.words import Actor, TradingState
from tui_trader.journal.ports import Row
from tui_trader.risk.trading_state import StateFold
from tui_trader.tools.ports import ToolAnswer

_SETTLES_WITHIN = 8.0
"""Seconds after which every halt is a row: the watch looks once a second, and a flag waits some for its command."""


_LONGEST_RESUME = 16
"""Turns of the loop; a resume takes thirteen here."""


class Way(StrEnum):
    """How trading is halted."""

    COMMAND = "the operator's command"
    AGENT = "the agent's tool"
    FILE = "the file HALT, touched"
    FLAG = "the switch, by a part that failed"
    REDUCE = "the desk reduces"


class Step(StrEnum):
    """What happens."""

    HALT = "a halt"
    RESUME = "a resume"
    RESUME_THEN_HALT = "a resume, and a halt some turns of the loop later"
    HALT_THEN_RESUME = "a halt, and a resume some turns of the loop later"
    TWO_RESUMES = "two resumes at once"
    CRASH = "kill -9 and restart"
    RESUME_AND_CRASH = "kill -9 some turns of the loop after a resume"


@dataclass
class Life:
    """A trader, and what a person who saw everything would say of it."""

    trader: Trader

    async def halt(self, way: Way) -> None:
        trader = self.trader
        match way:
            case Way.COMMAND:
                await trader.operator("halt", reason="test")
            case Way.AGENT:
                await trader.agent("halt", reason="test")
            case Way.FILE:
                (trader.world.folder / "HALT").touch()
            case Way.FLAG:
                trader.switch.trip()
            case Way.REDUCE:
                await trader.desk.state.reduce("test", actor=Actor.SYSTEM, code="TEST")
            case _:
                assert_never(way)

    def resume(self) -> "asyncio.Task[ToolAnswer]":
        return asyncio.ensure_future(self.trader.operator("resume", reason="test"))

    async def restarted(self) -> None:
        world = self.trader.world
        await self.trader.crash()
        self.trader = await world.start()

    async def settled(self) -> TradingState:
        """The state in force once everything is written down; memory and rows agree on it."""
        await self.trader.wait(_SETTLES_WITHIN)
        state = self.trader.switch.state
        fold = StateFold()
        for row in self.trader.journal.log.rows:
            fold.apply(row)
        assert state is self.trader.state.current is fold.current
        assert self.trader.failures == []
        return state


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def taken(life: Life, step: Step, way: Way, count: int) -> None:
    """One step, and what must be so after it."""
    before = await life.settled()
    match step:
        case Step.HALT:
            await life.halt(way)
            after = await life.settled()
            assert after is (TradingState.REDUCING if _reduces(way, before) else TradingState.HALTED)
        case Step.RESUME:
            answer = await life.resume()
            assert (await life.settled() is TradingState.ACTIVE) is answer.is_ok or before is TradingState.ACTIVE
            assert answer.is_ok or before is TradingState.ACTIVE, answer
        case Step.RESUME_THEN_HALT:
            resuming = life.resume()
            await turns(count + 1)  # the first lets it begin: from there on it is asked for
            await life.halt(way)
            await resuming
            after = await life.settled()
            # While HALTED there is nothing to reduce: what reduces then is judged anew after the resume.
            if way is not Way.REDUCE:
                assert after is not TradingState.ACTIVE, "the halt came later"
                assert not (await life.trader.open(ETH)).is_ok
        case Step.HALT_THEN_RESUME:
            halting = asyncio.ensure_future(life.halt(way))
            await turns(count)
            answer = await life.resume()
            await halting
            state = await life.settled()
            assert state is not TradingState.ACTIVE or answer.is_ok or before is TradingState.ACTIVE
        case Step.TWO_RESUMES:
            answers = await asyncio.gather(life.resume(), life.resume())
            assert any(answer.is_ok for answer in answers)
            assert await life.settled() is TradingState.ACTIVE
        case Step.CRASH:
            await life.restarted()
            assert await life.settled() is before, "what was in force outlives the process, and no more than that"
        case Step.RESUME_AND_CRASH:
            resuming = life.resume()
            await turns(count)
            await life.restarted()
            resuming.cancel()
            await life.settled()
        case _:
            assert_never(step)


def _reduces(way: Way, before: TradingState) -> bool:
    return way is Way.REDUCE and before is not TradingState.HALTED


def check(rows: list[Row]) -> None:
    """From the journal alone: only an operator's row leads to ACTIVE, and only one that answers the last tightening."""
    tightened = 0
    for row in rows:
        match row.record:
            case TradingStateChanged(state=TradingState.ACTIVE, generation=generation, reason=reason):
                assert row.actor is Actor.OPERATOR
                assert reason
                assert generation <= tightened
            case TradingStateChanged(generation=generation):
                tightened = max(tightened + 1, generation)
            case _:
                pass


async def _played(steps: list[tuple[Step, Way, int]]) -> None:
    async with world_of() as world:
        life = Life(await world.start())
        for step, way, count in steps:
            await taken(life, step, way, count)
        check(life.trader.journal.log.rows)
        life.trader.tasks.cancel()


_STEPS = st.lists(
    st.tuples(st.sampled_from(list(Step)), st.sampled_from(list(Way)), st.integers(0, _LONGEST_RESUME)),
    min_size=1,
    max_size=8,
)


@example(steps=[(Step.HALT, Way.COMMAND, 0), (Step.RESUME_THEN_HALT, Way.COMMAND, 3), (Step.CRASH, Way.FILE, 0)])
@example(steps=[(Step.HALT, Way.FILE, 0), (Step.RESUME_THEN_HALT, Way.FILE, 12), (Step.RESUME, Way.FILE, 0)])
@given(steps=_STEPS)
@settings(max_examples=40, deadline=None)
def test_the_halt_that_came_later_wins(steps: list[tuple[Step, Way, int]]) -> None:
    with asyncio.Runner(loop_factory=virtual_loop) as runner:
        runner.run(_played(steps))
