"""A process that has the program loaded and forks one for each start, so that a start does not cost a second.

Each fork runs what `python -m tui_trader` runs, with arguments, environment, limits and standard files of its own, in
a session of its own, and ends as an interpreter ends. Run as `python -m tests.integration.cli.launcher FD`, where FD
is a SOCK_SEQPACKET socket: a request comes with three descriptors, the answers are `{"pid"}` and, at its end,
`{"pid", "code"}`. It ends, and with it all that it started, when the other side closes.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import runpy
import select
import signal
import socket
import sys
from typing import Any

_LONGEST_REQUEST = 1 << 16
_HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COMMANDS = ("run", "operate", "status", "audit", "prompt", "config", "doctor")
_LOADED = (
    *(f"tui_trader.cli.{command}" for command in _COMMANDS),
    "tui_trader.exchange.binance.opening",
    "tui_trader.engine.bare_halt",
    "tui_trader.engine.exchange_audit",
    "tui_trader.engine.running",
)
"""The last is what the engine's thread loads when it begins."""


class _Launcher:
    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._running: dict[int, int] = {}
        """Process ids by the descriptor that tells of the process's end."""
        self._poll = select.poll()
        self._poll.register(requests, select.POLLIN)

    def serve(self) -> dict[str, Any] | None:
        """In the launcher: None, when nobody is left who could ask. In each fork: what it is to run."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._requests.fileno():
                    self._ended(descriptor)
                    continue
                request, files, _, _ = socket.recv_fds(self._requests, _LONGEST_REQUEST, 3)
                if not request:
                    self._kill_all()
                    return None
                if (wanted := self._forked(json.loads(request), files)) is not None:
                    return wanted

    def _forked(self, wanted: dict[str, Any], files: list[int]) -> dict[str, Any] | None:
        # An interpreter forgets the signals that came while it was forked; held back, they come to the child after it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
        if pid:
            for file in files:
                os.close(file)
            watch = os.pidfd_open(pid)
            self._running[watch] = pid
            self._poll.register(watch, select.POLLIN)
            self._tell({"pid": pid})
            return None
        os.setsid()
        for number, file in enumerate(files):
            os.dup2(file, number)
        for descriptor in (self._requests.detach(), *self._running, *files):
            os.close(descriptor)
        return wanted

    def _ended(self, watch: int) -> None:
        self._poll.unregister(watch)
        os.close(watch)
        pid = self._running.pop(watch)
        _, status = os.waitpid(pid, 0)
        self._tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})

    def _kill_all(self) -> None:
        for pid in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _tell(self, news: dict[str, int]) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._requests.send(json.dumps(news).encode())


def become(wanted: dict[str, Any]) -> None:
    """What the interpreter does between its start and the program's first line."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    sys.argv = ["tui-trader", *wanted["arguments"]]
    for name, most in wanted["limits"].items():
        resource.setrlimit(getattr(resource, name), (most, most))
    runpy.run_module("tui_trader", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for module in _LOADED:
        importlib.import_module(module)
    gc.freeze()  # what is loaded stays: no fork looks through it again, which would also copy its memory
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if (_wanted := _Launcher(socket.socket(fileno=int(sys.argv[1]))).serve()) is not None:
        become(_wanted)
