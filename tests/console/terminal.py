"""A real terminal for a real program: a tmux server of its own, whose screen can be read and typed into.

The program is a peer process, so waiting for it is waiting in real time: bounded, by asking again.
"""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

requires_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

DEADLINE = 30.0
"""Seconds; generous, as machines that run tests are slow at times. What is expected comes much sooner."""
_SETTINGS = """\
set -g status off
set -g default-terminal tmux-256color
set -s escape-time 0
"""
"""No status line, so that the window has all lines of the size asked for."""
_WRAPPER = r"""
sh -c 'echo $$ > "$0.new" && mv "$0.new" "$0" && exec "$@"' "$@"
printf '\033]2;ended:%s\033\\' $?
exec sleep 1000000
"""
"""Keeps the window after the program's end and tells its exit status in the window's title, behind all its output.

tmux can do that too (remain-on-exit), but version 3.3 at times loses the output or the status of a short program.
"""
_ENDED = "ended:"
_ASK_EVERY = 0.05
_TMUX_ANSWERS_WITHIN = 10.0
_count = itertools.count()


class NotSeen(AssertionError):
    """What was waited for did not come; the message shows the screen as it was."""


class Terminal:
    """One program in one tmux window, on a socket that no other tmux knows of.

    After the program's end its last screen stays, and its exit status can be asked for. Use as a context manager:
    leaving it kills the program and ends the server.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start `command` at `size` (columns, lines); `env` is added to this process's environment."""
        self.pid = 0
        self._name = f"tui-trader-test-{os.getpid()}-{next(_count)}"
        self._folder = Path(tempfile.mkdtemp(prefix="tt-tmux-"))
        self._env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE", "NO_COLOR")}
        self._env |= {"TMUX_TMPDIR": str(self._folder), "TERM": "xterm-256color", **(env or {})}
        try:
            self._start(command, size, cwd)
        except BaseException:
            self.close()
            raise

    def _start(self, command: Sequence[str], size: tuple[int, int], cwd: Path | None) -> None:
        columns, lines = size
        (self._folder / "tmux.conf").write_text(_SETTINGS, encoding="utf-8")
        self._tmux(
            *("new-session", "-d", "-x", str(columns), "-y", str(lines)),
            *(() if cwd is None else ("-c", str(cwd))),
            *("--", "sh", "-c", _WRAPPER, "sh", str(self._folder / "pid"), *command),
        )
        self.pid = self._pid()

    def _pid(self) -> int:
        file, ends = self._folder / "pid", time.monotonic() + DEADLINE
        while not file.exists():
            if time.monotonic() > ends:
                raise NotSeen(f"the program's start: not seen within {DEADLINE} s")
            time.sleep(_ASK_EVERY)
        return int(file.read_text(encoding="ascii"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the program, if it still runs, and end the server."""
        if self.pid and self.exit_status() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._run("kill-server")
        shutil.rmtree(self._folder, ignore_errors=True)

    def send_keys(self, *keys: str) -> None:
        """Press keys by tmux's names: `q`, `Enter`, `F9`, `C-g`, `Up`."""
        self._tmux("send-keys", *keys)

    def type_text(self, text: str) -> None:
        """Type the text as it is, letter by letter."""
        self._tmux("send-keys", "-l", "--", text)

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size; the program gets a SIGWINCH."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def screen(self) -> str:
        """What the window shows: its lines, without blanks at their ends."""
        return self._tmux("capture-pane", "-p")

    def lines(self) -> list[str]:
        """The screen as a list, one text a line of the window."""
        return self.screen().removesuffix("\n").split("\n")

    def styled_screen(self) -> str:
        """The screen with the escape sequences of its colours and styles."""
        return self._tmux("capture-pane", "-p", "-e")

    def is_full_screen(self) -> bool:
        """Whether the program has the alternate screen; a program that left cleanly has given it back."""
        return self._ask("#{alternate_on}") == "1"

    def exit_status(self) -> int | None:
        """The program's exit status, 128 + n after signal n; None while it runs."""
        title = self._ask("#{pane_title}")
        return int(title.removeprefix(_ENDED)) if title.startswith(_ENDED) else None

    def wait_for(self, predicate: Callable[[str], bool], what: str = "it", *, deadline: float = DEADLINE) -> str:
        """The first screen for which `predicate` holds.

        Raises NotSeen after `deadline` seconds, or at once when the program has ended on another screen.
        """
        ends = time.monotonic() + deadline
        while True:
            ended = self.exit_status()
            screen = self.screen()
            if predicate(screen):
                return screen
            if ended is not None:
                raise NotSeen(f"{what}: the program ended with {ended} before it was seen\n{screen}")
            if time.monotonic() > ends:
                raise NotSeen(f"{what}: not seen within {deadline} s\n{screen}")
            time.sleep(_ASK_EVERY)

    def wait_for_text(self, text: str, *, deadline: float = DEADLINE) -> str:
        """The first screen that shows `text`. Raises NotSeen."""
        return self.wait_for(lambda screen: text in screen, repr(text), deadline=deadline)

    def wait_for_exit(self, *, deadline: float = DEADLINE) -> int:
        """The program's exit status, once it has ended. Raises NotSeen."""
        ends = time.monotonic() + deadline
        while (status := self.exit_status()) is None:
            if time.monotonic() > ends:
                raise NotSeen(f"the program's end: not seen within {deadline} s\n{self.screen()}")
            time.sleep(_ASK_EVERY)
        return status

    def _ask(self, what: str) -> str:
        return self._tmux("display-message", "-p", what).strip()

    def _tmux(self, *arguments: str) -> str:
        answer = self._run(*arguments)
        if answer.returncode:
            raise RuntimeError(f"tmux {arguments[0]}: {answer.stderr.strip()}")
        return answer.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ("tmux", "-u", "-L", self._name, "-f", str(self._folder / "tmux.conf"), *arguments),
            env=self._env,
            capture_output=True,
            encoding="utf-8",
            timeout=_TMUX_ANSWERS_WITHIN,
            check=False,
        )
