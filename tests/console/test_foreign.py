"""What others hold, on the screen: a badge that names it, and a take-over that takes two keys."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.console.consoles import open_console
from tests.fakes.engine_client import BTC, ETH, STATUS
from tui_trader.core.reconciliation import Agreement, Difference, DifferenceKind, Reconciliation
from tui_trader.desk.comparison import foreign_position
from tui_trader.engine.commands import Adopt, Command, Reply
from tui_trader.engine.views import StatusView

ORDERS = Difference(
    kind=DifferenceKind.FOREIGN_ORDER, symbol=BTC, ours="0", theirs="2 open: web-1, web-2", done="counted"
)
HEDGED = Difference(kind=DifferenceKind.POSITION_MODE, ours="one-way mode", theirs="hedge mode", done="no new risk")


def standing(agreement: Agreement, *found: Difference) -> StatusView:
    return replace(STATUS, reconciliation=Reconciliation(agreement=agreement, age=4.0, matched=3, differences=found))


AMBER = standing(Agreement.AMBER, ORDERS, foreign_position(ETH, Decimal(-2)))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (AMBER, "FOREIGN ORDER BTCUSDT +1"),
        (standing(Agreement.RED, ORDERS, HEDGED), "POSITION MODE +1"),
        (standing(Agreement.UNKNOWN), "NOT COMPARED"),
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_what_differs_is_a_badge(status: StatusView, words: str, size: tuple[int, int]) -> None:
    async with open_console(size) as console:
        console.engine.show(status)
        await console.look()
        assert words in console.status


async def test_where_both_agree_the_age_of_the_comparison_is_said() -> None:
    async with open_console((200, 50)) as console:
        console.engine.show(standing(Agreement.GREEN))
        await console.look()
        assert "reconciled green 4s" in console.status


@pytest.mark.parametrize(("key", "cancels"), [("y", False), ("x", True)])
async def test_taking_over_shows_what_it_is_about_and_takes_two_keys(key: str, cancels: bool) -> None:
    async with open_console((80, 24)) as console:
        console.engine.show(AMBER)
        await console.look()
        await console.press("t", "enter", "space")
        assert "ETHUSDT foreign position: -2" in console.dialog
        assert console.engine.commands == []
        await console.press(key)
        assert console.engine.commands == [Adopt(symbol=ETH, cancel_orders=cancels)]
        assert console.toasts[-1] == "ETHUSDT is ours, with a stop."


@pytest.mark.parametrize("key", ["escape", "n", "q"])
async def test_leaving_the_dialog_takes_nothing_over(key: str) -> None:
    async with open_console((80, 24)) as console:
        console.engine.show(AMBER)
        await console.look()
        await console.press("t", key)
        assert console.engine.commands == []


async def test_why_it_was_not_taken_over_is_said() -> None:
    def refuses(_: Command) -> Reply:
        return Reply(done=False, code="NOT_ADOPTED", text="a stop at 1 comes after liquidation")

    async with open_console((80, 24)) as console:
        console.engine.answers = refuses
        console.engine.show(AMBER)
        await console.look()
        await console.press("t", "y")
        assert console.toasts == ["ETHUSDT not adopted: NOT_ADOPTED a stop at 1 comes after liquidation"]


async def test_where_nobody_else_is_there_is_nothing_to_take_over() -> None:
    async with open_console((80, 24)) as console:
        console.engine.show(STATUS)
        await console.look()
        await console.press("t")
        assert console.toasts == ["Nobody else holds or works anything here."]


async def test_a_flatten_says_that_it_reaches_what_is_not_ours() -> None:
    async with open_console((80, 24)) as console:
        console.engine.show(AMBER)
        await console.look()
        await console.press("f")
        assert "though not ours" in console.dialog
        assert "ETHUSDT foreign position: -2" in console.dialog
