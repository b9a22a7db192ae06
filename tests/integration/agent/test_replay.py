"""A recorded run, run again without a model: the same orders, no call; and what is missing is said loudly."""

import json
import stat
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest

from tests.fakes.model_service import KEY, MODEL, answers, asking, model_service, restless
from tests.unit.engine.runs import finished, run_options
from tui_trader.agent.llm.replay import ReplayMissed, read_cassette
from tui_trader.agent.llm.tape import CassetteError
from tui_trader.core.records import JsonObject
from tui_trader.engine.settings import SettingsError

PROMPT = Path(__file__).parents[3] / "prompts" / "trader.md"


def prompt_in(folder: Path) -> str:
    """The shipped prompt, asked in every cycle, never without money, and never held back by what a day has brought."""
    text = PROMPT.read_text()
    for written, wanted in (
        ("max_usd_per_day: 2.00", "max_usd_per_day: 1000"),
        ("applies_to: model", "applies_to: nobody"),
        ("max_consecutive_losses: 4", "max_consecutive_losses: 100"),
        ("max_entries_per_day: 20", "max_entries_per_day: 1000"),
        ("max_daily_loss_pct: 3", "max_daily_loss_pct: 50"),
        ("max_drawdown_pct: 10", "max_drawdown_pct: 50"),
    ):
        assert written in text
        text = text.replace(written, wanted)
    path = folder / "always.md"
    path.write_text(text)
    return str(path)


def recorded(folder: Path, cycles: int, *, feed: str = "synthetic") -> tuple[list[JsonObject], int]:
    """The lines of a run with the restless model, and how often it was asked."""
    with model_service(restless()) as server:
        options = run_options(
            folder / "first",
            decider="openai",
            prompt=prompt_in(folder),
            cycles=cycles,
            feed=feed,
            settings=asking(server),
        )
        engine, lines = finished(options)
        assert engine.failure is None
        return lines, len(server.requests)


def cassette_of(folder: Path) -> Path:
    [path] = (folder / "first" / "cassettes").iterdir()
    return path


def replayed(folder: Path, cycles: int, name: str = "again") -> tuple[list[JsonObject], BaseException | None]:
    options = run_options(folder / name, decider="replay", prompt=prompt_in(folder), cycles=cycles, seed=None)
    engine, lines = finished(replace(options, cassette=str(cassette_of(folder))))
    return lines, engine.failure


def of(lines: list[JsonObject], *events: str) -> list[JsonObject]:
    return [line for line in lines if line["event"] in events]


def same_orders(folder: Path, cycles: int) -> None:
    began = perf_counter()
    lines, asked = recorded(folder, cycles)
    between = perf_counter()
    again, failure = replayed(folder, cycles)
    took = perf_counter() - between
    print(
        f"{cycles} decisions, {asked} calls, {len(of(lines, 'order'))} order lines, {len(of(lines, 'fill'))} fills: "
        f"recorded in {between - began:.0f} s, replayed in {took:.0f} s"
    )
    assert failure is None
    assert len(of(lines, "decision")) == cycles
    assert len(of(lines, "order")) > cycles / 10, "a model that trades"
    assert asked == len(read_cassette(cassette_of(folder)))
    assert of(again, "order") == of(lines, "order")
    assert again == lines, "and everything else: the ids, the times, the costs"


def test_sixty_decisions_run_again_with_the_same_orders_and_no_call(tmp_path: Path) -> None:
    same_orders(tmp_path, 60)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_decisions_run_again_with_the_same_orders_and_no_call(tmp_path: Path) -> None:
    same_orders(tmp_path, 1_000)


def test_a_cassette_is_private_and_holds_no_secret(tmp_path: Path) -> None:
    recorded(tmp_path, 3)
    path = cassette_of(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = path.read_text()
    assert KEY not in text
    assert "Authorization" not in text
    assert MODEL in text


def test_a_replay_that_asks_something_else_ends_with_the_first_difference(tmp_path: Path) -> None:
    lines, _ = recorded(tmp_path, 6)
    path = cassette_of(tmp_path)
    # As if the market of cycle 4 had been another one.
    rows = path.read_text().splitlines()
    texts = [number for number, row in enumerate(rows) if '"type":"text"' in row and "The figures of this cycle" in row]
    exchange = next(n for n in range(texts[3], len(rows)) if '"type":"exchange"' in rows[n])
    rows[exchange] = json.dumps({**json.loads(rows[exchange]), "key": "0" * 64})
    rows[texts[3]] = rows[texts[3]].replace("mark", "murk", 1)
    path.write_text("\n".join(rows) + "\n")
    again, failure = replayed(tmp_path, 6)
    assert isinstance(failure, ReplayMissed)
    assert "request 4 is not in the recording" in str(failure)
    assert "murk" in str(failure)
    assert "mark" in str(failure)
    decisions = of(again, "decision")
    assert [d["cycle"] for d in decisions] == [1, 2, 3, 4], "it goes no further"
    assert decisions[:3] == of(lines, "decision")[:3]
    assert str(decisions[3]["reason"]).startswith("replay_miss")


def test_a_replay_longer_than_its_recording_says_that_it_ends(tmp_path: Path) -> None:
    recorded(tmp_path, 3)
    _, failure = replayed(tmp_path, 5)
    assert isinstance(failure, ReplayMissed)
    assert "ends after 3" in str(failure)


def test_another_seed_another_prompt_or_no_recording_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    recorded(tmp_path, 3)
    cassette = str(cassette_of(tmp_path))
    prompt = prompt_in(tmp_path)
    other_seed = replace(run_options(tmp_path / "a", decider="replay", prompt=prompt, seed=8), cassette=cassette)
    bolder = tmp_path / "bolder.md"
    bolder.write_text(Path(prompt).read_text() + "\nBe bold.\n")
    other_prompt = replace(
        run_options(tmp_path / "b", decider="replay", prompt=str(bolder), seed=None), cassette=cassette
    )
    nothing = run_options(tmp_path / "c", decider="replay", prompt=prompt, seed=None)
    for options, kind in ((other_seed, SettingsError), (other_prompt, SettingsError), (nothing, CassetteError)):
        engine, lines = finished(replace(options, cycles=1))
        assert isinstance(engine.failure, kind), engine.failure
        assert lines == []


def test_the_newest_recording_of_the_home_is_played_where_none_is_named(tmp_path: Path) -> None:
    lines, _ = recorded(tmp_path, 3)
    folder = tmp_path / "again" / "cassettes"
    folder.mkdir(parents=True)
    cassette_of(tmp_path).rename(folder / "some.jsonl")
    options = run_options(tmp_path / "again", decider="replay", prompt=prompt_in(tmp_path), cycles=3, seed=None)
    engine, again = finished(options)
    assert engine.failure is None
    assert again == lines


def test_every_call_that_the_service_saw_is_in_the_journal_and_paid_for(tmp_path: Path) -> None:
    with model_service(lambda _: answers(("hold", {"reason": "quiet"}))) as server:
        prompt = prompt_in(tmp_path)
        options = run_options(tmp_path / "h", decider="openai", prompt=prompt, cycles=20, settings=asking(server))
        engine, lines = finished(options)
        assert engine.failure is None
        costs = [line["cost"] for line in of(lines, "decision")]
        assert len(server.requests) == 20
        assert all(isinstance(cost, str) and float(cost) > 0 for cost in costs)
