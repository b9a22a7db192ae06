"""Triage by change in a whole run: it skips with its reason, comes early when it matters, and stays reproducible."""

import itertools
from pathlib import Path

from tests.unit.engine.runs import finished, records_of, run_options
from tui_trader.core.clock import elapsed
from tui_trader.core.records import CycleDecided, JsonObject
from tui_trader.core.words import CycleVerdict
from tui_trader.engine.options import RunOptions
from tui_trader.journal.reader import JournalReader

SHIPPED = (Path(__file__).parents[3] / "prompts" / "trader.md").read_text()
CYCLES = 60


def options(folder: Path, scope: str) -> RunOptions:
    found = run_options(folder, cycles=CYCLES, prompt="triaging")
    found.home.prompts.mkdir()
    text = SHIPPED.replace("name: trader", "name: triaging")
    text = text.replace("applies_to: model", f"applies_to: {scope}").replace("early_move_atr: 6", "early_move_atr: 3")
    (found.home.prompts / "triaging.md").write_text(text)
    return found


def decisions(run: RunOptions) -> list[CycleDecided]:
    return [record for record in records_of(run.home) if isinstance(record, CycleDecided)]


def test_what_brings_nothing_new_is_skipped_and_what_matters_comes_early(tmp_path: Path) -> None:
    run = options(tmp_path / "one", "every")
    engine, _ = finished(run)
    assert engine.failure is None
    found = decisions(run)
    assert len(found) == CYCLES
    skipped = [decided for decided in found if decided.verdict is CycleVerdict.SKIP]
    assert 0 < len(skipped) < CYCLES
    assert {decided.reason for decided in skipped} == {"nothing that matters has changed since the last decision"}
    with JournalReader(run.home.journal) as reader:
        times = [row.time for row in reader.rows() if isinstance(row.record, CycleDecided)]
    gaps = [elapsed(a, b) for a, b in itertools.pairwise(times)]
    assert any(gap < 59 for gap in gaps), "something came early"
    assert all(gap > 10 for gap in gaps), "and nothing too soon"


def test_two_runs_in_fresh_homes_are_the_same_to_the_byte(tmp_path: Path) -> None:
    said: list[list[JsonObject]] = [finished(options(tmp_path / name, "every"))[1] for name in ("one", "two")]
    assert said[0] == said[1]


def test_the_rules_cost_nothing_and_are_asked_each_interval(tmp_path: Path) -> None:
    run = options(tmp_path / "one", "model")
    finished(run)
    assert all(decided.verdict is not CycleVerdict.SKIP for decided in decisions(run))
