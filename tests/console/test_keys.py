"""What the keys do: halting at once and everywhere, and asking before everything that is dangerous."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.console.consoles import open_console
from tests.fakes.engine_client import BTC, NOON, STATUS, FakeEngine, halted, holding
from tui_trader.core.words import BreakerCause, BreakerScope, BreakerState
from tui_trader.engine.client import Ending
from tui_trader.engine.commands import DecideNow, FlattenAll, Halt, Reply, Resume
from tui_trader.engine.since_halt import SinceHalt
from tui_trader.engine.views import AnchorView, BreakerView
from tui_trader.tui.actions import ALL_ACTIONS, HALT, UNLESS_TYPING, Danger, bindings_of
from tui_trader.tui.screens.help import HelpDialog
from tui_trader.tui.screens.questions import FlattenDialog, QuitDialog, ResumeDialog

_DENIED = Reply(done=False, code="RESUME_REFUSED", text="the exchange does not [answer]")


@pytest.mark.parametrize("key", HALT.keys)
async def test_a_halt_key_trips_at_once_and_the_screen_says_so_before_any_answer(key: str) -> None:
    async with open_console() as console:
        console.engine.show(holding())
        await console.look()
        console.engine.answers = lambda _: None
        await console.press(key)
        assert [type(command) for command in console.engine.commands] == [Halt]
        assert " HALTED " in console.status
        assert "ACTIVE" not in console.status
        console.engine.show(holding())  # made before the halt, published after it
        await console.look()
        assert " HALTED " in console.status


@pytest.mark.parametrize("key", HALT.keys)
@pytest.mark.parametrize("opened", ["f", "question_mark", "q"])
async def test_a_halt_key_works_in_every_dialog(key: str, opened: str) -> None:
    async with open_console() as console:
        console.engine.show(holding())
        await console.press(opened)
        assert console.app.screen is not console.trading
        await console.press(key)
        assert console.engine.tripped == 1


@pytest.mark.parametrize("key", ["f9", "ctrl+g"])
async def test_while_one_types_the_other_halt_keys_halt_and_h_is_a_letter(key: str) -> None:
    async with open_console() as console:
        console.engine.show(halted())
        await console.press("r", "h", "a", "h")
        assert console.engine.tripped == 0
        await console.press(key)
        assert console.engine.tripped == 1
        assert isinstance(console.app.screen, ResumeDialog)
        await console.press("enter")
        assert console.engine.commands[-1] == Resume(reason="hah")


async def test_halting_before_the_engine_has_spoken_is_kept_and_shown() -> None:
    async with open_console() as console:
        console.engine.answers = lambda _: None
        await console.press("h")
        assert console.engine.tripped == 1
        assert "HALTED" in console.status


async def test_a_halt_that_could_not_be_journalled_is_told_as_such() -> None:
    async with open_console() as console:
        console.engine.show()
        console.engine.answers = lambda _: Reply(done=False, code="JOURNAL", text="disk full")
        await console.press("h")
        assert "HALTED" in console.status
        assert console.toasts == ["Halted in memory, but not in the journal: JOURNAL disk full"]


async def test_resume_shows_what_has_changed_since_the_halt() -> None:
    changes = SinceHalt(
        since=NOON,
        reason="drawdown reached",
        positions={BTC: (Decimal("0.02"), Decimal(0))},
        orders_gone=2,
        orders_new=0,
        trades=1,
        equity_then=Decimal(10_000),
        equity=Decimal("9990.5"),
        is_prompt_changed=True,
    )
    async with open_console() as console:
        console.engine.show(replace(halted("drawdown reached"), since_halt=changes))
        await console.press("r")
        shown = console.dialog
        for line in (
            "BTCUSDT: held 0.02, now 0",
            "orders: 2 gone, 0 new",
            "equity 9990.50, -9.50",
            "prompt is another",
        ):
            assert line in shown


async def test_what_is_not_kept_elsewhere_and_alerts_that_fail_are_on_the_bar() -> None:
    async with open_console() as console:
        console.engine.show(replace(STATUS, anchor=AnchorView(entries=3, problem="no space"), alert_problem="ended 3"))
        await console.look()
        assert "NOT ANCHORED: no space" in console.status
        assert "ALERTS FAIL: ended 3" in console.status
        console.engine.show(replace(STATUS, anchor=AnchorView(entries=4), alert_problem=""))
        await console.look()
        assert "ANCHORED" not in console.status
        assert "ALERTS" not in console.status


async def test_resume_says_why_it_was_halted_and_refuses_an_empty_reason() -> None:
    async with open_console() as console:
        console.engine.show(halted("drawdown reached"))
        await console.press("r")
        assert "drawdown reached" in console.dialog
        await console.press("enter")
        await console.press("space", "enter")
        assert "a reason is needed" in console.dialog
        assert console.engine.commands == []
        await console.press("o", "k", "enter")
        assert console.engine.commands == [Resume(reason="ok")]
        assert console.app.screen is console.trading
        console.engine.show(STATUS)
        await console.look()
        assert "ACTIVE" in console.status


async def test_a_refused_resume_says_what_came_back_and_stays_halted() -> None:
    async with open_console() as console:
        console.engine.show(halted())
        console.engine.answers = lambda _: _DENIED
        await console.press("r", "o", "k", "enter")
        assert console.toasts == ["Not resumed: RESUME_REFUSED the exchange does not [answer]"]
        assert " HALTED " in console.status


async def test_escape_leaves_the_halt_as_it_is() -> None:
    async with open_console() as console:
        console.engine.show(halted())
        await console.press("r", "o", "k", "escape")
        assert console.engine.commands == []


REPEATS = BreakerView(
    scope=BreakerScope.DECIDER,
    cause=BreakerCause.IDENTICAL_ORDERS,
    state=BreakerState.OPEN,
    count=6,
    reason="6 entries of the agent were alike, the limit is 6",
    since=NOON,
    probe_at=None,
    needs_a_person=True,
)
SLIPPING = replace(
    REPEATS,
    scope=BreakerScope.MARKET,
    cause=BreakerCause.SLIPPAGE,
    state=BreakerState.HALF_OPEN,
    probe_at=NOON,
    needs_a_person=False,
)


async def test_an_open_breaker_is_a_badge_and_r_resumes_from_it_while_active() -> None:
    async with open_console() as console:
        console.engine.show(replace(STATUS, breakers=(SLIPPING, REPEATS)))
        await console.look()
        assert "BREAKER decider identical orders +1 r RESUMES" in console.status
        assert "ACTIVE" in console.status
        await console.press("r")
        assert "6 entries of the agent were alike" in console.dialog
        assert "market slippage" in console.dialog
        await console.press("o", "k", "enter")
        assert console.engine.commands == [Resume(reason="ok")]


async def test_a_breaker_that_is_tried_says_so() -> None:
    async with open_console() as console:
        console.engine.show(replace(STATUS, breakers=(SLIPPING,)))
        await console.look()
        assert "BREAKER market slippage HALF OPEN" in console.status


async def test_there_is_nothing_to_resume_while_active() -> None:
    async with open_console() as console:
        console.engine.show()
        await console.press("r")
        assert console.app.screen is console.trading
        assert "nothing to resume" in console.toasts[0]


async def test_flatten_lists_what_it_would_touch_and_only_y_does_it() -> None:
    async with open_console() as console:
        console.engine.show(holding())
        await console.press("f")
        for fact in ("BTCUSDT short 0.015 from 88,284.7", "BTCUSDT stop BUY all at 88,858.9"):
            assert fact in console.dialog
        await console.press("enter", "space", "f")
        assert isinstance(console.app.screen, FlattenDialog)
        await console.press("n")
        assert console.engine.commands == []
        await console.press("f", "y")
        assert console.engine.commands == [FlattenAll()]
        assert console.toasts[-1].startswith("Flat:")


async def test_what_flatten_lists_follows_the_engine() -> None:
    async with open_console() as console:
        console.engine.show(holding())
        await console.press("f")
        console.engine.show(STATUS)
        await console.look()
        assert isinstance(console.app.screen, FlattenDialog)
        console.app.screen._list()
        await console.look()
        assert "nothing is held" in console.dialog


async def test_a_flatten_that_failed_is_told() -> None:
    async with open_console() as console:
        console.engine.show(holding())
        console.engine.answers = lambda _: Reply(done=False, code="FAILED", text="not flat: BTCUSDT 0.015")
        await console.press("f", "y")
        assert console.toasts[-1] == "Not flat: FAILED not flat: BTCUSDT 0.015"


async def test_what_cannot_be_read_is_not_confirmed() -> None:
    async with open_console((60, 20)) as console:
        console.engine.show(holding())
        await console.press("f", "y")
        assert console.engine.commands == []
        assert "terminal too small" in console.dialog
        await console.press("escape")
        assert console.app.screen is console.trading


async def test_deciding_now() -> None:
    async with open_console() as console:
        console.engine.show()
        await console.press("d")
        assert console.engine.commands == [DecideNow()]


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_quitting_when_flat_asks_nothing(key: str) -> None:
    async with open_console() as console:
        console.engine.show()
        await console.press(key)
        assert console.app._exit


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_quitting_with_a_position_asks_and_says_what_stays(key: str) -> None:
    async with open_console() as console:
        console.engine.show(holding())
        await console.press(key)
        assert isinstance(console.app.screen, QuitDialog)
        assert not console.app._exit
        for words in ("stop 88,858.9", "stops stay on the exchange", "entries are cancelled"):
            assert words in " ".join(console.dialog.replace("│", " ").split())
        await console.press("enter")
        assert not console.app._exit
        await console.press("y")
        assert console.app._exit


async def test_quitting_after_the_engine_has_ended_asks_nothing() -> None:
    async with open_console() as console:
        console.engine.show(holding())
        console.engine.ending = Ending(reason="the data have ended", failure=None, had_begun=True)
        await console.look()
        assert "ENGINE ENDED: the data have ended" in console.status
        await console.press("q")
        assert console.app._exit


async def test_an_engine_that_failed_while_it_ran_stays_on_view() -> None:
    async with open_console() as console:
        console.engine.show(holding())
        console.engine.ending = Ending(reason="", failure=ValueError("secret"), had_begun=True)
        console.app._mind_the_engine()
        await console.look()
        assert "ENGINE FAILED: ValueError" in console.status
        assert "secret" not in console.text
        assert not console.app._exit


async def test_an_engine_that_could_not_begin_ends_the_console() -> None:
    async with open_console() as console:
        console.engine.ending = Ending(reason="", failure=ValueError("no"), had_begun=False)
        console.app._mind_the_engine()
        assert console.app._exit


async def test_the_help_names_every_action_with_its_keys() -> None:
    async with open_console((120, 60)) as console:
        await console.press("question_mark")
        assert isinstance(console.app.screen, HelpDialog)
        for words in ("h F9 ctrl+g", "r ", "f ", "d ", "q ctrl+q ctrl+c", "1 2 3 4", "tui-trader halt"):
            assert words in console.dialog
        await console.press("escape")
        assert not isinstance(console.app.screen, HelpDialog)


async def test_help_fits_the_least_terminal_and_scrolls() -> None:
    async with open_console((80, 24)) as console:
        await console.press("question_mark")
        assert "escape  back" in console.dialog
        assert "tui-trader halt" not in console.dialog
        await console.press(*["j"] * 40)
        assert "tui-trader halt" in console.dialog


async def test_numbers_and_tab_go_from_pane_to_pane() -> None:
    async with open_console((120, 40)) as console:
        console.engine.show(holding())
        for number, name in enumerate(("market", "positions", "decision", "audit"), start=1):
            await console.press(str(number))
            pane = console.trading.query_one(f"#{name}")
            assert pane in [console.app.focused, *(console.app.focused.ancestors if console.app.focused else ())]
        before = console.app.focused
        await console.press("tab")
        assert console.app.focused is not before
        await console.press("shift+tab")
        assert console.app.focused is before


async def test_the_log_scrolls_by_keys_and_says_what_is_new_below() -> None:
    async with open_console() as console:
        console.engine.show()
        console.engine.log(*(f"row {number}" for number in range(60)))
        await console.look()
        await console.press("4", "k", "k", "k")
        console.engine.log("fresh")
        await console.look()
        assert "1 new" in console.text
        await console.press("end")
        assert "fresh" in console.text


async def test_an_answer_that_comes_after_the_console_has_gone_disturbs_nobody() -> None:
    engine = FakeEngine()
    async with open_console(engine=engine) as console:
        engine.show()
        engine.answers = lambda _: None
        await console.press("d")
    engine.pending[0].set_result(Reply(done=True))


def test_every_action_has_its_own_id_and_its_own_keys() -> None:
    ids = [action.id for action in ALL_ACTIONS]
    keys = [key for action in ALL_ACTIONS for key in action.keys]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)
    assert all(action.help for action in ALL_ACTIONS)


def test_only_what_makes_things_safer_works_without_a_question_and_everywhere() -> None:
    assert [action for action in ALL_ACTIONS if action.everywhere] == [HALT]
    assert HALT.danger is Danger.AT_ONCE
    letters = [b for b in bindings_of((HALT,)) if UNLESS_TYPING in b.action]
    others = [b for b in bindings_of((HALT,)) if UNLESS_TYPING not in b.action]
    assert [b.key for b in letters] == ["h"]
    assert [b.key for b in others] == ["f9,ctrl+g"]
    assert all(b.priority for b in (*letters, *others))


async def test_flatten_can_be_asked_for_before_the_account_is_known() -> None:
    async with open_console() as console:
        await console.press("f")
        assert "Nothing is known of the account yet" in " ".join(console.dialog.replace("┃", " ").split())
        await console.press("y")
        assert console.engine.commands == [FlattenAll()]
