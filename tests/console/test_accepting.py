"""What a changed prompt loosens is accepted at the console once its limits were listed; one key does nothing."""

from dataclasses import replace

import pytest

from tests.console.consoles import Console, open_console
from tests.fakes.engine_client import STATUS
from tui_trader.core.words import Mode
from tui_trader.engine.commands import AcceptPrompt, Reply
from tui_trader.engine.views import StatusView, WaitingPrompt
from tui_trader.risk.change import Loosening

WAITING = WaitingPrompt(
    limits=(
        Loosening("risk.max_order_notional", "2000", "9000"),
        Loosening("risk.approve_above_notional", "3000", None),
    ),
    seal="f00d",
)


def changed(waiting: WaitingPrompt | None = WAITING, mode: Mode = Mode.PAPER, problem: str = "loosens") -> StatusView:
    return replace(STATUS, prompt_waiting=waiting, prompt_problem=problem, mode=mode)


async def shown(console: Console, status: StatusView) -> None:
    console.engine.show(status)
    await console.look()


async def test_each_limit_is_listed_and_only_y_puts_it_in_force() -> None:
    async with open_console() as console:
        await shown(console, changed())
        await console.press("p", "p", "enter", "space")
        assert "risk.max_order_notional: 2000 to 9000" in console.dialog
        assert "risk.approve_above_notional: 3000 to not set" in console.dialog
        assert console.engine.commands == []
        await console.press("y")
        assert console.engine.commands == [AcceptPrompt(seal="f00d")]
        assert console.toasts == ["The changed prompt is in force."]


@pytest.mark.parametrize("key", ["escape", "n", "q"])
async def test_leaving_keeps_the_limits_in_force(key: str) -> None:
    async with open_console() as console:
        await shown(console, changed())
        await console.press("p", key)
        assert console.engine.commands == []


async def test_why_not_is_said_and_what_was_shown_is_what_is_agreed_to() -> None:
    async with open_console() as console:
        console.engine.answers = lambda _: Reply(done=False, code="NOT_ACCEPTED", text="the file has changed")
        await shown(console, changed())
        await console.press("p")
        other = replace(WAITING, limits=(Loosening("risk.max_leverage", "3", "20"),), seal="beef")
        await shown(console, changed(other))
        assert "max_leverage" not in console.dialog, "the list does not change under the finger"
        await console.press("y")
        assert console.engine.commands == [AcceptPrompt(seal="f00d")]
        assert console.toasts == ["Not accepted: NOT_ACCEPTED the file has changed"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (changed(None, problem=""), "Nothing waits: all of the prompt is in force."),
        (changed(None, problem="the old prompt stays in force: line 9"), "the old prompt stays in force: line 9"),
        (changed(mode=Mode.LIVE), "In live a looser limit takes effect at a restart only."),
    ],
)
async def test_where_nothing_can_be_accepted_it_is_said_why(status: StatusView, said: str) -> None:
    async with open_console() as console:
        await shown(console, status)
        await console.press("p", "y")
        assert console.engine.commands == []
        assert console.toasts == [said]


async def test_what_cannot_all_be_shown_is_not_accepted_here() -> None:
    many = tuple(Loosening(f"risk.limit_{n}", "1", "2") for n in range(12))
    async with open_console() as console:
        await shown(console, changed(replace(WAITING, limits=many)))
        await console.press("p", "y")
        assert "and 3 more" in console.dialog
        assert console.engine.commands == []
