"""The options of a run, which the console and `run` share."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

import click

from tui_trader.cli.context import warn
from tui_trader.core.words import Mode
from tui_trader.engine.credentials import Gathered, require_sealed
from tui_trader.engine.home import Home
from tui_trader.engine.live.conditions import refuse_for
from tui_trader.engine.live.door import why_locked
from tui_trader.engine.options import RunOptions, speed_of
from tui_trader.engine.vault import seal_to_run

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRun:
    """What was given on the command line; None where the settings decide."""

    KEY: ClassVar[str] = "tui_trader.asked_run"

    mode: str | None = None
    feed: str | None = None
    symbols: str | None = None
    prompt: str | None = None
    decider: str | None = None
    seed: int | None = None
    speed: str | None = None
    cassette: str | None = None
    i_accept_live: str | None = None

    def over(self, earlier: "AskedRun") -> "AskedRun":
        """These options, and where they are silent the earlier ones (given before the command)."""
        chosen = {f.name: getattr(self, f.name) for f in fields(self)}
        return AskedRun(**{name: getattr(earlier, name) if v is None else v for name, v in chosen.items()})


def run_options(command: F) -> F:
    """Adds the options that say what a run is made of."""
    options = (
        click.option("--mode", type=click.Choice([m.value for m in Mode]), help="Whose money (default: paper)."),
        click.option(
            "--feed",
            help="auto, binance, synthetic, synthetic:depth (with order book), file:PATH[,PATH…] (default: auto).",
        ),
        click.option("--symbols", help="Only these of the policy's symbols, separated by commas."),
        click.option("--prompt", help="A prompt's name or file (default: trader)."),
        click.option(
            "--decider",
            type=click.Choice(["auto", "openai", "rules", "replay"]),
            help="Who decides (default: auto). replay: a recorded model, which is not asked.",
        ),
        click.option(
            "--cassette",
            help="The recording to write, or to replay: a name in the home's cassettes/, or a file "
            "(default: a new one; to replay, the newest).",
        ),
        click.option("--seed", type=click.IntRange(min=0), help="Makes a run repeatable."),
        click.option(
            "--i-accept-live",
            metavar="ACCOUNT",
            help="In mode live: the account that is meant, by its name (the console asks for it otherwise).",
        ),
        click.option("--speed", help="1 to N times real time, or max (default: 1)."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def options_of(
    asked: AskedRun, home: Home, gathered: Gathered, *, cycles: int | None, with_console: bool, person: str
) -> RunOptions:
    """Flags over settings. Raises LiveRefused while live is locked, SettingsError, also where live would take a secret
    from a plain source, and SealUnusable where the home is not encrypted with the key at hand.
    """
    settings = gathered.settings
    mode = Mode(asked.mode) if asked.mode else settings.mode
    if mode is Mode.LIVE:
        refuse_for(why_locked())
    if warning := require_sealed(gathered, mode):
        warn(warning)
    given = asked.symbols.split(",") if asked.symbols is not None else settings.symbols
    return RunOptions(
        home=home,
        settings=settings,
        mode=mode,
        feed=asked.feed or settings.feed,
        symbols=tuple(symbol.strip() for symbol in given if symbol.strip()),
        prompt=asked.prompt or settings.prompt,
        decider=asked.decider or settings.decider,
        seed=settings.seed if asked.seed is None else asked.seed,
        speed=speed_of(asked.speed or settings.speed),
        cassette=asked.cassette or settings.cassette,
        cycles=cycles,
        with_console=with_console,
        person=person,
        accepted_live=asked.i_accept_live,
        seal=seal_to_run(home, settings),
    )
