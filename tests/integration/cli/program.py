"""The program from outside: started with arguments, read line by line, signalled, killed; no wait is for ever."""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 60.0
"""Real seconds; generous, as machines that run tests are slow at times. What is expected comes much sooner."""
Line: TypeAlias = dict[str, Any]
"""One JSON object of the program's output."""


class NotSeen(AssertionError):
    """What was waited for did not come in time."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the program ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Line]:
        """Its output as JSON objects, each line of it."""
        return [json.loads(line) for line in self.out.splitlines()]

    def events(self, *names: str) -> list[Line]:
        """The lines of these events."""
        return [line for line in self.lines if line["event"] in names]

    @property
    def summary(self) -> Line:
        """The last line, which must be the summary."""
        last = self.lines[-1]
        assert last["event"] == "summary", last
        return last


class Process(Protocol):
    """A started program, however it was started."""

    pid: int

    def ended(self, within: float) -> int | None:
        """The exit code (negative: the signal), or None if it still runs after so many seconds."""
        ...


class _Spawned:
    """An interpreter of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid

    def ended(self, within: float) -> int | None:
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return None


class _Forked:
    """A fork of the launcher."""

    def __init__(self, launcher: "Launcher", pid: int) -> None:
        self._launcher = launcher
        self.pid = pid

    def ended(self, within: float) -> int | None:
        return self._launcher.ended(self.pid, within)


class Launcher:
    """This side of `launcher.py`. One thread uses it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.integration.cli.launcher", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment(), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        self._codes: dict[int, int] = {}

    def start(self, request: Mapping[str, object], files: Sequence[int]) -> Process:
        """Fork one with these standard files."""
        socket.send_fds(self._socket, [json.dumps(request).encode()], list(files))
        while "code" in (news := self._news(DEADLINE)):
            self._codes[news["pid"]] = news["code"]
        return _Forked(self, news["pid"])

    def ended(self, pid: int, within: float) -> int | None:
        """The exit code of one that was started here, None if it still runs."""
        until = time.monotonic() + within
        while pid not in self._codes:
            try:
                news = self._news(max(0.0, until - time.monotonic()))
            except TimeoutError:
                return None
            self._codes[news["pid"]] = news["code"]
        return self._codes[pid]

    def _news(self, within: float) -> dict[str, int]:
        if not select.select([self._socket], [], [], within)[0]:
            raise TimeoutError
        news: dict[str, int] = json.loads(self._socket.recv(1 << 12))
        return news

    def close(self) -> None:
        """End it, and with it everything that it started and that still runs."""
        self._socket.close()
        self._process.wait(DEADLINE)


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what would configure the program, and `more`.

    Binance is where nothing listens, so that no test reaches out of this machine.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TUI_TRADER_", "OPENAI_"))}
    kept |= {"TUI_TRADER_BINANCE__REST_URL": "http://127.0.0.1:9", "TUI_TRADER_BINANCE__STREAM_URL": "ws://127.0.0.1:9"}
    return {**kept, "PYTHONUTF8": "1", **more}


class Program:
    """One run of the program. Use as a context manager: leaving it kills what still runs.

    stdout is a pipe that is read only when somebody asks for lines, stderr a file.
    """

    def __init__(self, process: Process, stdout: int, stderr: Path) -> None:
        self._process = process
        self._stdout: int | None = stdout
        self._stderr = stderr
        self._buffer = b""
        self._read: list[bytes] = []

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.ended(0) is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.is_running:
            self.signal(signal.SIGKILL)
            self._process.ended(DEADLINE)
        self.stop_reading()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def stop_reading(self) -> None:
        """Close our end of its stdout."""
        if self._stdout is not None:
            os.close(self._stdout)
            self._stdout = None

    def lines(self, within: float = DEADLINE) -> Iterator[Line]:
        """Its output from where it was read to, as it comes; ends where it ends. Raises NotSeen when none comes."""
        while (line := self._line(time.monotonic() + within)) is not None:
            self._read.append(line)
            yield json.loads(line)

    def read_some(self) -> None:
        """Wait for any output and take a little of it, whole line or not."""
        assert self._stdout is not None
        if not select.select([self._stdout], [], [], DEADLINE)[0]:
            raise NotSeen(f"no output came in time; {self.said()}")
        self._read.append(os.read(self._stdout, 100))

    def until(self, seen: Callable[[Line], bool], within: float = DEADLINE) -> Line:
        """Read on to the first line for which it holds."""
        deadline = time.monotonic() + within
        for line in self.lines(within):
            if seen(line):
                return line
            if time.monotonic() > deadline:
                break
        raise NotSeen(f"not seen within {within:g} s; {self.said()}")

    def event(self, name: str, within: float = DEADLINE, **fields: object) -> Line:
        """Read on to the first line of this event whose fields have these values."""
        return self.until(
            lambda line: line["event"] == name and all(line[key] == value for key, value in fields.items()), within
        )

    def end(self, within: float = DEADLINE) -> Ended:
        """Read to the end of its output and wait for its exit."""
        deadline = time.monotonic() + within
        while self._stdout is not None and (line := self._line(deadline)) is not None:
            self._read.append(line)
        code = self._process.ended(max(0.0, deadline - time.monotonic()))
        if code is None:
            raise NotSeen(f"it still runs after {within:g} s; {self.said()}")
        return Ended(code, b"".join(self._read).decode(), self.stderr())

    def ended_within(self, seconds: float) -> bool:
        """Whether it ends by itself in so many seconds."""
        return self._process.ended(seconds) is not None

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.signal(signal.SIGKILL)
        assert self._process.ended(DEADLINE) is not None

    def stderr(self) -> str:
        """What it has said on stderr so far."""
        return self._stderr.read_text(encoding="utf-8")

    def said(self) -> str:
        """For the message of a failed test."""
        tail = b"".join(self._read[-5:]).decode()
        return f"its last lines:\n{tail}\nstderr:\n{self.stderr()}"

    def _line(self, deadline: float) -> bytes | None:
        """The next line with its end; None at the end of the output. Raises NotSeen at the deadline."""
        assert self._stdout is not None
        while b"\n" not in self._buffer:
            if not select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise NotSeen(f"no line came in time; {self.said()}")
            chunk = os.read(self._stdout, 1 << 16)
            if not chunk:
                rest, self._buffer = self._buffer, b""
                return rest or None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"


@dataclass(slots=True)
class Shell:
    """Where the program is started from: a folder for its output, a launcher, and the environment."""

    folder: Path
    launcher: Launcher
    started: int = 0

    def start(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        cwd: Path | None = None,
        spawned: bool = False,
        pipe_bytes: int | None = None,
    ) -> Program:
        """Start it. `limits` are resource limits by their name; `spawned` starts an interpreter of its own.

        `pipe_bytes` is how much its stdout holds that nobody reads.
        """
        self.started += 1
        stderr = self.folder / f"stderr-{self.started}"
        given = [str(argument) for argument in arguments]
        surroundings = environment(**(env or {}))
        reading, writing = os.pipe()
        if pipe_bytes is not None:
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, pipe_bytes)
        with stderr.open("wb") as errors, Path(os.devnull).open("rb") as nothing:
            if spawned:
                command = [sys.executable, "-m", "tui_trader", *given]
                process: Process = _Spawned(
                    subprocess.Popen(
                        command, env=surroundings, cwd=cwd or ROOT, stdin=nothing, stdout=writing, stderr=errors
                    )
                )
            else:
                request = {
                    "arguments": given,
                    "env": surroundings,
                    "cwd": str(cwd or ROOT),
                    "limits": dict(limits or {}),
                }
                process = self.launcher.start(request, (nothing.fileno(), writing, errors.fileno()))
        os.close(writing)
        return Program(process, reading, stderr)

    def run(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        cwd: Path | None = None,
        spawned: bool = False,
        within: float = DEADLINE,
    ) -> Ended:
        """Start it and wait for its end."""
        with self.start(*arguments, env=env, limits=limits, cwd=cwd, spawned=spawned) as program:
            return program.end(within)
