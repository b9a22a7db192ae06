"""The card: it takes no focus, no other key touches it, a yes needs two keys, and an answer names one question."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.console.consoles import Console, open_console
from tests.fakes.engine_client import BTC, ETH, NOON, STATUS
from tui_trader.core.clock import later
from tui_trader.core.order import Intent, OrderType, Protection, Purpose, TimeInForce
from tui_trader.core.records import EntryCard, EntryProposed
from tui_trader.core.words import Actor, Side, Symbol
from tui_trader.engine.commands import Approve, Halt, Reject, Reply
from tui_trader.engine.views import Question, StatusView

D = Decimal


def question(name: str = "K7QF", symbol: Symbol = BTC, *, seconds: float = 272, reason: str = "a trend") -> Question:
    """An entry that waits."""
    intent = Intent(
        symbol=symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D("0.021"),
        price=D("94470.0"),
        time_in_force=TimeInForce.IOC,
        purpose=Purpose.ENTRY,
        protection=Protection(stop_price=D("93060.0"), take_profit_price=D("96820.0")),
        actor=Actor.AGENT,
        cycle=7,
    )
    card = EntryCard(
        notional=D("1983.87"),
        equity=D(10_000),
        equity_share_pct=D("19.8387"),
        mark=D(94_000),
        max_loss=D("31.579"),
        fees=D("1.969"),
        stop_distance_bps=D("149.25"),
        liquidation_price=D(63_000),
        liquidation_distance_pct=D("33.3"),
    )
    proposed = EntryProposed(id=name, intent=intent, card=card, reason=reason, expires=later(NOON, seconds))
    return Question(proposed=proposed, asked=NOON)


def waiting(*questions: Question) -> StatusView:
    """A status with questions."""
    return replace(STATUS, approvals=questions)


@asynccontextmanager
async def asking(*questions: Question, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Console]:
    async with open_console(size) as console:
        console.engine.show(waiting(*questions))
        await console.look()
        yield console


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_card_says_all_of_it_and_counts_down(size: tuple[int, int]) -> None:
    async with asking(question(), question("W3XA", ETH), size=size) as console:
        for words in (
            "APPROVE? K7QF",
            "BUY 0.021 BTCUSDT up to 94,470.0",
            "4:32 left",
            "1 of 2",
            "worth 1,983.87, 19.8% of equity; stop 93,060.0 (149 bps), target 96,820.0",
            "at most 31.58 to lose at the stop, fees of 1.97 in it; liquidation 33.3% away",
            "a approve",
            "n reject",
            "why: a trend",
        ):
            assert words in console.text, words
        assert "2 TO APPROVE" in console.status
        console.engine.show(replace(waiting(question()), time=later(NOON, 270)))
        await console.look()
        assert "0:02 left" in console.text
        assert "1 TO APPROVE" in console.status


async def test_without_a_question_there_is_no_card() -> None:
    async with asking(question()) as console:
        console.engine.show(STATUS)
        await console.look()
        assert "APPROVE" not in console.text
        await console.press("a")
        await console.press("n")
        assert console.engine.commands == []
        assert console.toasts == ["Nothing waits for approval."] * 2


async def test_a_card_takes_no_focus_and_no_key_but_its_own() -> None:
    async with open_console() as console:
        console.engine.show(STATUS)
        await console.look()
        focused = console.app.focused
        console.engine.show(waiting(question()))
        await console.look()
        assert console.app.focused is focused
        await console.press("enter", "y", "space", "tab", "enter", "Y", "j", "escape", "enter")
        assert console.engine.commands == []


async def test_a_yes_needs_two_keys_and_enter_is_neither() -> None:
    async with asking(question()) as console:
        await console.press("a", "a", "enter", "space")
        assert "The gate judges it again" in console.dialog
        assert console.engine.commands == []
        await console.press("y")
        assert console.engine.commands == [Approve(approval="K7QF")]
        assert console.toasts[-1].startswith("K7QF approved")


@pytest.mark.parametrize("key", ["escape", "n", "q"])
async def test_leaving_the_dialog_lets_it_wait(key: str) -> None:
    async with asking(question()) as console:
        await console.press("a", key)
        assert console.engine.commands == []
        assert "APPROVE? K7QF" in console.text


async def test_what_the_gate_denies_is_said_with_its_code() -> None:
    async with asking(question()) as console:
        console.engine.answers = lambda _: Reply(done=False, code="PRICE_MOVED", text="decided at 94000, now 95000")
        await console.press("a", "y")
        assert console.toasts == ["K7QF not sent: PRICE_MOVED decided at 94000, now 95000"]


async def test_a_question_that_is_over_while_it_is_looked_at_cannot_be_answered() -> None:
    async with asking(question()) as console:
        await console.press("a")
        console.engine.show(waiting(question("W3XA", ETH)))
        await console.look()
        console.app.screen._look()  # type: ignore[attr-defined]  # instead of at its rate
        await console.look()
        assert "It is over" in console.dialog
        await console.press("y")
        assert console.engine.commands == [], "the yes was for K7QF; it is not taken for another"


async def test_a_no_carries_its_reason() -> None:
    async with asking(question()) as console:
        await console.press("n", *"news", "enter")
        assert console.engine.commands == [Reject(approval="K7QF", reason="news")]
        assert console.toasts == ["K7QF rejected."]


async def test_halting_works_from_both_dialogs() -> None:
    for key in ("a", "n"):
        async with asking(question()) as console:
            await console.press(key, "f9")
            assert [type(command) for command in console.engine.commands] == [Halt]


async def test_a_reason_is_text_and_nothing_but_text() -> None:
    async with asking(question(reason="[b]\x1b[31m APPROVED[/b] \u202ey")) as console:
        assert "why: [b][31m APPROVED[/b] y" in console.text
        assert "\x1b" not in console.text
