"""Which recording is written, and which one is played."""

from dataclasses import replace
from pathlib import Path

from tui_trader.agent.llm.replay import Cassette, read_cassette
from tui_trader.agent.llm.tape import SUFFIX, CassetteError
from tui_trader.core.clock import Instant, text
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import SettingsError

REPLAY = "replay"
"""The decider that plays a recording."""


def cassette_to_play(options: RunOptions) -> Cassette:
    """The recording that was named, else the newest of the home. Raises CassetteError."""
    if options.cassette is not None:
        return read_cassette(_named(options.cassette, options.home.cassettes), options.seal)
    # Parts after the first have a number before the suffix.
    firsts = [file for file in options.home.cassettes.glob(f"*{SUFFIX}") if "." not in file.name.removesuffix(SUFFIX)]
    if not firsts:
        raise CassetteError(
            f"--decider {REPLAY}: {options.home.cassettes} holds no recording. Name one with --cassette FILE."
        )
    return read_cassette(max(firsts, key=lambda file: (file.stat().st_mtime_ns, file.name)), options.seal)


def as_recorded(options: RunOptions, cassette: Cassette) -> RunOptions:
    """The options with the seed of the recording. Raises SettingsError where another one was asked for."""
    seed = cassette.header.seed
    if options.seed is not None and options.seed != seed:
        was = f"with --seed {seed}" if seed is not None else "without a seed"
        raise SettingsError(f"--seed {options.seed}: {cassette.name} was recorded {was}. Leave --seed out.")
    return replace(options, seed=seed)


def cassette_to_write(options: RunOptions, *, begins: Instant, row: int) -> Path:
    """A file that is not there yet: as named, or after where the run begins in time and in the journal."""
    moment = text(begins)[:19].replace("-", "").replace(":", "")
    own = f"{moment}Z-{row}"
    if options.cassette is None:
        return options.home.cassettes / f"{own}{SUFFIX}"
    named = _named(options.cassette, options.home.cassettes)
    if not named.exists():
        return named
    return named.with_name(f"{named.name.removesuffix(SUFFIX)}-{own}{SUFFIX}")


def _named(name: str, folder: Path) -> Path:
    """A path as it is, a name in the folder; both with the suffix."""
    path = Path(name) if len(Path(name).parts) > 1 or name.endswith(SUFFIX) else folder / name
    return path if path.name.endswith(SUFFIX) else path.with_name(f"{path.name}{SUFFIX}")
