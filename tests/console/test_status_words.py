"""What a person must not overlook stands in the status bar, on the least terminal too, and with what else is wrong."""

from dataclasses import replace

import pytest

from tests.console.consoles import open_console
from tests.console.test_accepting import WAITING
from tests.fakes.engine_client import STATUS
from tui_trader.core.records import EconomyChanged
from tui_trader.core.words import Economy
from tui_trader.engine.views import StatusView

PROBLEM = 'the old prompt stays in force: mine.md, line 10: max_leverage is "much"'
SMALL, WIDE = (80, 24), (200, 60)


def saving(economy: Economy) -> StatusView:
    return replace(STATUS, model_economy=EconomyChanged(economy=economy, reason="2 of 2 USD spent this day"))


@pytest.mark.parametrize("size", [SMALL, WIDE])
@pytest.mark.parametrize("economy", [Economy.CHEAPER, Economy.SLOWER, Economy.MANAGE])
async def test_the_rung_of_the_ladder_is_named(size: tuple[int, int], economy: Economy) -> None:
    async with open_console(size) as console:
        console.engine.show(STATUS)
        await console.look()
        assert economy.value not in console.status
        console.engine.show(replace(saving(economy), prompt_problem=PROBLEM, key_warning="no address"))
        await console.look()
        assert f"/2.00 {economy.value}" in console.status


@pytest.mark.parametrize(
    ("size", "status", "said"),
    [
        (SMALL, replace(STATUS, prompt_problem=PROBLEM), "OLD PROMPT IN FORCE: p says why"),
        (SMALL, replace(STATUS, prompt_problem="loosens", prompt_waiting=WAITING), "PROMPT LOOSENED: p lists"),
        (WIDE, replace(STATUS, prompt_problem=PROBLEM), "PROMPT: the old prompt stays in force: mine.md, line 10"),
    ],
)
async def test_a_prompt_that_is_not_in_force_is_said(size: tuple[int, int], status: StatusView, said: str) -> None:
    async with open_console(size) as console:
        console.engine.show(STATUS)
        await console.look()
        assert "PROMPT" not in console.status
        console.engine.show(status)
        await console.look()
        assert said in console.status
