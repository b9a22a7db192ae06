"""Options for runs in a fresh home, and an engine that has ended, for tests and benchmarks of the engine."""

import math
from pathlib import Path

from tui_trader.core.records import JsonObject, Record
from tui_trader.core.words import Mode
from tui_trader.engine.home import Home
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import Settings
from tui_trader.engine.thread import EngineThread
from tui_trader.journal.reader import JournalReader

SEED = 7


def run_options(
    folder: Path,
    *,
    feed: str = "synthetic",
    symbols: tuple[str, ...] = ("BTCUSDT",),
    prompt: str = "trader",
    decider: str = "rules",
    mode: Mode = Mode.PAPER,
    seed: int | None = SEED,
    speed: float = math.inf,
    cycles: int | None = None,
    with_console: bool = False,
    settings: Settings | None = None,
    accepted_live: str | None = None,
) -> RunOptions:
    """A run on paper, on the synthetic market, by the rules, as fast as it goes, unless said otherwise."""
    home = Home(folder)
    home.prepare()
    return RunOptions(
        home=home,
        settings=settings or Settings.model_construct(),
        mode=mode,
        feed=feed,
        symbols=symbols,
        prompt=prompt,
        decider=decider,
        seed=seed,
        speed=speed,
        cycles=cycles,
        with_console=with_console,
        accepted_live=accepted_live,
    )


def finished(options: RunOptions) -> tuple[EngineThread, list[JsonObject]]:
    """The engine after its run, and the lines that it said."""
    lines: list[JsonObject] = []
    engine = EngineThread(options, sink=lines.append)
    engine.start()
    engine.join()
    return engine, lines


def records_of(home: Home) -> list[Record]:
    """What the home's journal holds."""
    with JournalReader(home.journal) as reader:
        return [row.record for row in reader.rows()]
