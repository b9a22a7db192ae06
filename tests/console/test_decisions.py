"""Every decision in a line, found by verdict and by words, and its whole story behind Enter."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.console.consoles import Console, open_console
from tests.fakes.engine_client import NOON, decided, holding
from tests.unit.tui.drawing import texts_of
from tui_trader.core.records import EquityMarked
from tui_trader.core.words import Actor, CycleVerdict
from tui_trader.engine.cycle_story import Part, Told
from tui_trader.engine.views import DecisionRow
from tui_trader.journal.ports import JournalUnreadable, Row
from tui_trader.tui.decision_lines import chosen, decision_row, story_lines
from tui_trader.tui.screens.decisions import DecisionsScreen, StoryScreen
from tui_trader.tui.widgets.glyphs import ASCII

_DECIDED = (
    decided(1, CycleVerdict.HOLD, "the trend is flat"),
    decided(2, CycleVerdict.TRADE, "momentum [b]up[/b]"),
    decided(3, CycleVerdict.SKIP, "nothing that matters has changed"),
    decided(4, CycleVerdict.HOLD, "spread too wide"),
)


def _row(record: object, seq: int = 7) -> Row:
    return Row(seq=seq, time=NOON, actor=Actor.SYSTEM, correlation="", record=record, hash=b"\0" * 32)  # type: ignore[arg-type]


def _told(part: Part, text: str) -> Told:
    return Told(part, _row(EquityMarked(equity=Decimal(1), wallet=Decimal(1))), text)


async def _open(console: Console) -> None:
    console.engine.show(holding())
    console.engine.decide(*_DECIDED)
    await console.look()
    await console.press("c")
    assert isinstance(console.app.screen, DecisionsScreen)
    await console.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_decision_has_its_line_with_why_there_was_no_trade(size: tuple[int, int]) -> None:
    async with open_console(size) as console:
        await _open(console)
        lines = [line for line in console.dialog.split("\n") if "12:00:0" in line]
        assert [line.split()[0].lstrip("▌") or line.split()[1] for line in lines] == ["4", "3", "2", "1"]
        assert "spread too wide" in lines[0]
        assert "momentum [b]up[/b]" in lines[2], "what a model writes is text"


async def test_decisions_are_found_by_verdict_and_by_words() -> None:
    async with open_console((100, 24)) as console:
        await _open(console)
        while "verdict hold" not in console.dialog:
            await console.press("v")
        assert "2 of the last 4" in console.dialog
        assert "momentum" not in console.dialog
        await console.press("slash", *"wide", "enter")
        assert "1 of the last 4" in console.dialog
        await console.press("escape")
        assert "2 of the last 4" in console.dialog
        await console.press("escape")
        assert console.app.screen is console.trading


async def test_a_decision_opens_into_its_story() -> None:
    async with open_console((80, 24)) as console:
        await _open(console)
        await console.press("down", "enter")
        assert isinstance(console.app.screen, StoryScreen)
        assert "CYCLE 3" in console.dialog
        assert "reading the journal" in console.dialog
        story = (_told(Part.SEEN, "price 1\nprice 2"), _told(Part.OUTCOME, "[b]net[/b] 5\x1b[31m"))
        console.engine.stories[3, 30].set_result(story)
        console.app.screen.look(console.engine.stories[3, 30])
        await console.pilot.pause()
        for words in ("SEEN", "price 1", "price 2", "OUTCOME", "[b]net[/b] 5"):
            assert words in console.dialog
        await console.press("escape")
        assert "DECISIONS" in console.dialog


async def test_a_journal_that_cannot_be_read_is_said_and_harms_nothing() -> None:
    async with open_console((80, 24), glyphs=ASCII) as console:
        await _open(console)
        await console.press("enter")
        assert isinstance(console.app.screen, StoryScreen)
        console.engine.stories[4, 40].set_exception(JournalUnreadable("journal.db: the journal cannot be read."))
        console.app.screen.look(console.engine.stories[4, 40])
        await console.pilot.pause()
        assert "The journal cannot be read here: journal.db" in console.dialog
        assert console.dialog.isascii()
        await console.press("h")
        assert console.engine.tripped == 1


def test_words_are_looked_for_in_all_that_a_line_says() -> None:
    rows = [DecisionRow(seq=n, time=NOON, decided=each) for n, each in enumerate(_DECIDED)]
    assert [row.decided.cycle for row in chosen(rows, None, "")] == [4, 3, 2, 1]
    assert [row.decided.cycle for row in chosen(rows, None, "TREND flat")] == [1]
    assert [row.decided.cycle for row in chosen(rows, None, "btcusdt hold")] == [4, 1]
    assert chosen(rows, CycleVerdict.TRADE, "flat") == ()


def test_what_a_decision_came_to_is_signed() -> None:
    row = DecisionRow(seq=1, time=NOON, decided=_DECIDED[1])
    assert decision_row(row).cells[3].text == "–"
    assert decision_row(replace(row, net=Decimal("-1.5"))).cells[3].text == "-1.50"


def test_a_story_names_each_part_once() -> None:
    story = (_told(Part.SEEN, "a"), _told(Part.SEEN, "b"), _told(Part.DONE, ""))
    assert texts_of(story_lines(story)) == ["SEEN", "equity  a", "equity  b", "", "DONE", "equity  "]
