"""The bare command: opens the console over an engine in this process, and sees both to a clean end."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from tui_trader.cli.context import INTERRUPTED, NO, USAGE, Shared, refuse
from tui_trader.cli.last_resort import LastResort, Screen, end_hung
from tui_trader.cli.run_options import AskedRun, options_of
from tui_trader.core.plain_text import printable
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Mode
from tui_trader.engine.client import EngineClient
from tui_trader.engine.credentials import load_with_secrets
from tui_trader.engine.options import RunOptions
from tui_trader.engine.resources import shipped
from tui_trader.engine.session import Session
from tui_trader.journal.redact import SECRETS

if TYPE_CHECKING:
    from tui_trader.engine.live.question import LiveQuestion

_FOREIGN_KEYS = ("TEXTUAL_PRESS", "TEXTUAL_DRIVER", "TEXTUAL_SCREENSHOT", "TEXTUAL_DEBUG", "TEXTUAL")
"""Variables with which Textual types keys by itself, loads foreign code, writes pictures of balances or opens ports."""
_SAYS_WAIT_AFTER = 0.7
"""Real seconds of ending after which it is said what is being waited for."""


class RunConsole(Protocol):
    """What draws the console; `__main__` brings it, since commands know nothing of Textual."""

    def __call__(
        self,
        client: EngineClient,
        *,
        theme: str,
        themes: Sequence[Path],
        mouse: bool,
        mode: Mode,
        question: "LiveQuestion | None",
        accepted: Callable[[str], None],
        painted: Callable[[], None],
        on_screen: Callable[[Callable[[], None]], None],
    ) -> bool:
        """Run until the user leaves; False where the console itself failed.

        `painted` is called after the first picture, `on_screen` before it, with what makes the console leave from
        any thread. Where there is a `question`, it is asked first: `accepted` is told the account that was typed, and
        `painted` is called after that, or never. Raises SettingsError for a theme that is not there.
        """
        ...


def open_console(shared: Shared, asked: AskedRun, run_console: RunConsole) -> None:
    """Open the console; always ends in SystemExit, with the exit code of the command line's contract."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        refuse("the console needs a terminal. Use `tui-trader run` where there is none.", USAGE)
    for name in _FOREIGN_KEYS:
        os.environ.pop(name, None)
    try:
        shared.home.prepare()
        gathered = load_with_secrets(shared.home.config)
        options = options_of(asked, shared.home, gathered, cycles=None, with_console=True, person=shared.who)
        code = _Console(options, _question(options), run_console).run()
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        from tui_trader.cli.failures import told  # noqa: PLC0415 - it knows all packages; a first paint needs none

        refuse(*told(error))
    raise SystemExit(code)


class _Console:
    """One opening of the console."""

    def __init__(self, options: RunOptions, question: "LiveQuestion | None", run_console: RunConsole) -> None:
        self._options = options
        self._question = question
        self._run_console = run_console
        self._leave: Callable[[], None] = _nothing
        self._screen = Screen.of_this_process()

    def run(self) -> int:
        """The exit code. Raises what planning raised."""
        hung = partial(end_hung, socket=self._options.home.socket, screen=self._screen)
        with Session(self._options, hung=hung) as session:
            last_resort = LastResort(self._screen, session.engine, socket=self._options.home.socket, code=INTERRUPTED)

            def signalled() -> None:
                last_resort.arm()
                self._leave()

            session.take_signals(signal.SIGTERM, signal.SIGHUP, signal.SIGINT, then=signalled)
            is_sound = self._run_console(
                session.engine,
                theme=self._options.settings.theme,
                themes=(shipped("themes"), self._options.home.themes),
                mouse=_wants_mouse(self._options),
                mode=self._options.mode,
                question=self._question,
                accepted=session.engine.accept_live,
                painted=session.engine.start,
                on_screen=self._can_leave,
            )
            session.engine.stop("the console was left")
            last_resort.console_left()
            if not session.engine.wait(_SAYS_WAIT_AFTER):
                _say(sys.stderr, "ending: what was begun is carried to protected or closed; stops stay …")
            last_resort.arm()
            session.engine.wait()
        ending = session.engine.ending
        if ending is not None and ending.failure is not None:
            raise ending.failure
        if session.engine.ended is not None:
            _say(sys.stdout, in_words(session.engine.ended.summary))
            if session.engine.ended.unanchored:
                _say(sys.stderr, f"the journal's last head is not kept elsewhere: {session.engine.ended.unanchored}")
        if session.signal is not None:
            return INTERRUPTED
        return 0 if is_sound else NO

    def _can_leave(self, leave: Callable[[], None]) -> None:
        self._leave = leave


def _question(options: RunOptions) -> "LiveQuestion | None":
    """What has to be answered on the screen before anything begins. Raises what keeps live from being asked for."""
    if options.mode is not Mode.LIVE or options.accepted_live is not None:
        return None
    from tui_trader.engine.live.asking import question_of  # noqa: PLC0415 - a first paint on other money needs none

    return question_of(options)


def _nothing() -> None:
    """Before there is a console there is nothing to leave."""


def _say(stream: TextIO, words: str) -> None:
    """A line for whoever still reads; behind a terminal that has hung up there is nobody, and that is no failure."""
    try:
        stream.write(f"{printable(SECRETS(words))}\n")
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())  # what is left in the buffer has to go somewhere when Python ends
            os.close(nowhere)


def _wants_mouse(options: RunOptions) -> bool:
    """Over SSH a mouse costs bytes with every move, so there it is on only where it was asked for."""
    asked = options.settings.mouse
    return asked if asked is not None else "SSH_CONNECTION" not in os.environ


def in_words(summary: JsonObject) -> str:
    """The summary of a run as one line for people."""
    pnl = summary.get("pnl")
    net = pnl.get("net") if isinstance(pnl, dict) else None
    return (
        f"{_count(summary.get('decisions'), 'decision')}, {_count(summary.get('orders'), 'order')}, "
        f"{_count(summary.get('fills'), 'fill')}; net {_money(net)}, equity {_money(summary.get('equity'))}; "
        f"{summary.get('trading_state')}; journal {_count(summary.get('journal_entries'), 'entry', 'entries')}"
    )


def _money(text: JsonValue) -> str:
    """With two decimals; `?` where nothing is known."""
    return f"{Decimal(text):,.2f}" if isinstance(text, str) else "?"


def _count(number: JsonValue, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
