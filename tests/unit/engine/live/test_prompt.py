"""A prompt's file under a live run: the caps hold whatever is written there, and nothing looser without a restart."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.memory_journal import Log, MemoryJournal
from tests.fakes.trader_parts import PROMPT
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.agent.prompt import load_prompt
from tui_trader.core.clock import WallClock
from tui_trader.core.records import PromptChanged
from tui_trader.core.words import Mode
from tui_trader.engine.policy_holder import PolicyHolder
from tui_trader.engine.prompt_keeper import PromptKeeper
from tui_trader.risk.caps import LiveCaps, capped

CAPS = LiveCaps.model_validate(PROPOSED)


class Kept:
    """A prompt's keeper over a file, in one mode."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self.file = folder / "mine.md"
        self.file.write_text(PROMPT.read_text())
        prompt = load_prompt(str(self.file), ())
        caps = CAPS if mode is Mode.LIVE else None
        policy = prompt.policy if caps is None else capped(prompt.policy, caps)
        self.holder = PolicyHolder(policy)
        self.log = Log()
        self.journal = MemoryJournal(self.log, WallClock())
        self.keeper = PromptKeeper(prompt, self.holder, symbols=policy.symbols, mode=mode, caps=caps)

    async def rewrite(self, before: str, after: str) -> None:
        text = self.file.read_text()
        assert before in text
        self.file.write_text(text.replace(before, after, 1))
        await self.keeper.look(self.journal)

    @property
    def changes(self) -> list[PromptChanged]:
        return [record for record in self.log.records if isinstance(record, PromptChanged)]


@pytest.fixture
def live(tmp_path: Path) -> Kept:
    return Kept(tmp_path, Mode.LIVE)


async def test_a_limit_above_its_cap_is_no_looser_prompt(live: Kept) -> None:
    await live.rewrite("max_order_notional: 2000", "max_order_notional: 90000")
    assert live.keeper.problem == ""
    assert live.holder.current.risk.max_order_notional == CAPS.max_order_notional


async def test_a_limit_below_its_cap_holds_at_once(live: Kept) -> None:
    await live.rewrite("max_order_notional: 2000", "max_order_notional: 200")
    assert live.holder.current.risk.max_order_notional == Decimal(200)
    assert live.changes[-1].changed == ("risk.max_order_notional",)


async def test_what_loosens_waits_for_a_restart_in_live_and_for_a_word_elsewhere(tmp_path: Path, live: Kept) -> None:
    (tmp_path / "demo").mkdir()
    demo = Kept(tmp_path / "demo", Mode.DEMO)
    answers = []
    for kept in (live, demo):
        await kept.rewrite("max_open_orders: 8", "max_open_orders: 20")
        assert kept.holder.current.risk.max_open_orders == 8
        answers.append((kept.keeper.problem, await kept.keeper.accept(kept.journal)))
    assert answers[0] == (
        "the prompt's file loosens risk.max_open_orders: a restart takes it up",
        "in live a looser limit takes effect at a restart only",
    )
    assert answers[1][1] == ""
    assert (live.holder.current.risk.max_open_orders, demo.holder.current.risk.max_open_orders) == (8, 20)
