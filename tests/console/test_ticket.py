"""The order ticket: the gate's word beside what is typed, and nothing sent without a yes to what was read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.console.consoles import SIZES, Console, open_console
from tests.fakes.engine_client import holding
from tui_trader.engine.commands import CheckOrder, Command, PlaceOrder, Reply
from tui_trader.tui.screens.ticket import TicketDialog

_ALLOWED = Reply(
    done=True,
    result={
        "verdict": "allow",
        "quantity": "0.005",
        "notional": "470",
        "equity_share_pct": "4.7475",
        "max_loss": "5.47",
        "fees": "0.47",
        "stop_distance_bps": "106.38",
        "liquidation_price": "117000",
        "liquidation_distance_pct": "24.4",
        "reverses": "0",
        "clamps": [],
    },
)
_SHRUNK = Reply(
    done=True,
    code="MAX_ORDER_NOTIONAL",
    result={
        **_ALLOWED.result,
        "verdict": "shrink",
        "clamps": [{"code": "MAX_ORDER_NOTIONAL", "before": "1", "after": "0.005"}],
    },
)
_DENIED = Reply(
    done=False, code="NO_TAKE_PROFIT", text="An entry must carry a take-profit.", result={"verdict": "deny"}
)


@asynccontextmanager
async def _ticket(answer: Reply | None, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Console]:
    async with open_console(size) as console:
        console.engine.show(holding())
        console.engine.answers = lambda command: answer if isinstance(command, CheckOrder) else Reply(done=True)
        await console.look()
        await console.press("o")
        assert isinstance(console.app.screen, TicketDialog)
        yield console


async def _typed(console: Console, *texts: str) -> None:
    """Into one field after the other, from the size on; then the gate is asked."""
    for index, text in enumerate(texts):
        await console.press(*(["tab"] if index else []), *text)
    dialog = console.app.screen
    assert isinstance(dialog, TicketDialog)
    dialog._ask()
    await console.pilot.pause()
    await console.pilot.pause()


def _sent(console: Console) -> list[Command]:
    return [command for command in console.engine.commands if isinstance(command, PlaceOrder)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_gates_word_stands_beside_what_is_typed(size: tuple[int, int]) -> None:
    async with _ticket(_ALLOWED, size) as console:
        await _typed(console, "470USDT", "", "93000", "97000")
        for words in ("BUY", "470USDT BTCUSDT at the market", "ALLOWED", "0.005 worth 470.00, 4.7% of equity"):
            assert words in console.dialog, console.dialog
        assert "at most 5.47 to lose at the stop (106 bps away), fees of 0.47 in it" in console.dialog
        assert "liquidation at 117,000, 24.4% away" in console.dialog
        checks = [command for command in console.engine.commands if isinstance(command, CheckOrder)]
        assert checks[-1] == CheckOrder.model_validate(
            {"symbol": "BTCUSDT", "side": "BUY", "notional": "470", "stop": "93000", "take_profit": "97000"}
        )
        assert _sent(console) == []


async def test_denied_and_made_smaller_are_said_with_their_reason() -> None:
    async with _ticket(_DENIED) as console:
        await _typed(console, "1", "", "93000")
        assert "DENIED  NO_TAKE_PROFIT" in console.dialog
        assert "An entry must carry a take-profit." in console.dialog
        await console.press("f2")
        assert "Send it?" not in console.dialog, "what is denied is not sent"
        console.engine.answers = lambda _: _SHRUNK
        await _typed(console, "0")
        assert "MADE SMALLER  to 0.005: MAX_ORDER_NOTIONAL" in console.dialog


async def test_what_is_missing_is_asked_for_and_the_gate_is_not() -> None:
    async with _ticket(_ALLOWED) as console:
        assert "how much?" in console.dialog
        await _typed(console, "x")
        assert "is no size: write a quantity" in console.dialog
        assert console.engine.commands == []


async def test_enter_goes_on_and_only_a_yes_to_the_review_sends() -> None:
    async with _ticket(_ALLOWED) as console:
        await _typed(console, "0.005", "94000", "93000", "97000")
        await console.press("enter", "enter", "enter", "enter", "enter", "enter", "enter")
        assert _sent(console) == []
        await console.press("f2")
        assert "Send it?" in console.dialog
        await console.press("enter")
        assert _sent(console) == []
        await console.press("n")
        assert "Send it?" not in console.dialog
        await console.press("f2", "y")
        assert _sent(console) == [
            PlaceOrder.model_validate(
                {
                    "symbol": "BTCUSDT",
                    "side": "BUY",
                    "quantity": "0.005",
                    "limit": "94000",
                    "stop": "93000",
                    "take_profit": "97000",
                }
            )
        ]
        assert not isinstance(console.app.screen, TicketDialog)


async def test_what_is_changed_after_the_review_is_reviewed_anew() -> None:
    async with _ticket(_ALLOWED) as console:
        await _typed(console, "0.005", "94000", "93000", "97000")
        await console.press("f2")
        assert "Send it?" in console.dialog
        await console.press("tab", *"1")
        assert "Send it?" not in console.dialog
        console.app.screen.set_focus(None)
        await console.press("y")
        assert _sent(console) == []


async def test_an_answer_to_what_was_typed_before_is_not_an_answer_to_this() -> None:
    async with _ticket(None) as console:
        await _typed(console, "0.005", "", "93000", "97000")
        assert "asking the gate" in console.dialog
        old = console.engine.pending[-1]
        await console.press("0")
        old.set_result(_ALLOWED)
        await console.look()
        assert "ALLOWED" not in console.dialog
        await console.press("f2", "y")
        assert _sent(console) == []


async def test_turning_asks_anew_and_leaving_sends_nothing() -> None:
    async with _ticket(_ALLOWED) as console:
        await _typed(console, "0.005", "", "97000", "93000")
        await console.press("f3")
        await _typed(console)
        assert "SELL" in console.dialog
        last = console.engine.commands[-1]
        assert isinstance(last, CheckOrder)
        assert last.side == "SELL"
        await console.press("f2", "escape")
        assert "how much?" not in console.dialog, "back in the fields, with all that was typed"
        assert console.app.screen is not console.trading
        await console.press("escape")
        assert console.app.screen is console.trading
        assert _sent(console) == []


async def test_a_halt_works_from_within_a_field() -> None:
    async with _ticket(_ALLOWED) as console:
        await console.press("f9")
        assert console.engine.tripped == 1
