"""What every command shares: the home folder, the choice of JSON, and how answers and refusals are printed."""

import json
import os
import pwd
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from tui_trader.core.clock import WallClock, text
from tui_trader.core.plain_text import LONGEST_NAME, one_line, printable
from tui_trader.core.records import JsonObject
from tui_trader.engine.home import Home, home_folder
from tui_trader.journal.redact import SECRETS

DONE, NO, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; the answer is no; wrong usage or configuration; interrupted."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Shared:
    """The global options, wherever on the line they stood."""

    folder: Path | None = None
    as_json: bool = False
    person: str = ""

    @property
    def who(self) -> str:
        """In whose name it is done: the one given with `--as`, else the system user's."""
        return self.person or _user()

    @property
    def home(self) -> Home:
        """The home folder that they name."""
        return Home(home_folder(self.folder))


def _user() -> str:
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def shared_options(command: F) -> F:
    """Adds `--home`, `--json` and `--as`; they mean the same before and after a command."""

    def home(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
        if value is not None:
            shared_of(ctx).folder = value

    def as_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            shared_of(ctx).as_json = True

    def person(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is None:
            return
        name = one_line(value, LONGEST_NAME)
        if not name:
            raise click.BadParameter("it must be a name.")
        shared_of(ctx).person = name

    command = click.option(
        "--as",
        "in_whose_name",
        metavar="NAME",
        expose_value=False,
        callback=person,
        help="In whose name it is done; it is journalled (else the system user's).",
    )(command)
    command = click.option(
        "--json", is_flag=True, expose_value=False, callback=as_json, help="One JSON object a line, nothing else."
    )(command)
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        expose_value=False,
        callback=home,
        help="The home folder (else TUI_TRADER_HOME, else the platform's state folder).",
    )(command)


def shared_of(ctx: click.Context) -> Shared:
    """The shared options of this invocation."""
    return ctx.find_root().ensure_object(Shared)


def pass_shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hands `Shared` to the command as its first argument."""

    @click.pass_context
    def with_shared(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        return ctx.invoke(command, shared_of(ctx), *args, **kwargs)

    return update_wrapper(with_shared, command)


def say(shared: Shared, line: JsonObject, human: str) -> None:
    """One answer: a JSON line, or words."""
    sys.stdout.write((json_line(line) if shared.as_json else printable(SECRETS(human))) + "\n")
    sys.stdout.flush()


def json_line(line: JsonObject) -> str:
    """The line as JSON, without secrets. Seven bits: a terminal takes signs from 0x80 on for commands, too."""
    return json.dumps(SECRETS.of_json(line), separators=(",", ":"))


def now_text() -> str:
    """The time of an answer that no engine gave."""
    return text(WallClock().now())


def warn(sentence: str) -> None:
    """Say it on stderr."""
    sys.stderr.write(f"tui-trader: {printable(SECRETS(sentence))}\n")


def refuse(sentence: str, code: int) -> NoReturn:
    """Say why on stderr, and leave with the code."""
    warn(sentence)
    raise SystemExit(code)
