"""Lines on stdout from a running engine, written by a thread of their own: a stalled reader never stalls a trader."""

import json
import queue
import sys
import threading
from typing import TextIO

from tui_trader.cli.context import json_line
from tui_trader.core.plain_text import printable
from tui_trader.core.records import JsonObject
from tui_trader.journal.redact import SECRETS


class LineWriter:
    """Takes lines from any thread; `close` waits until all of them are out."""

    def __init__(self, *, as_json: bool, stream: TextIO | None = None) -> None:
        """Writes to `stream` (stdout): JSON, or a short line for people."""
        self._stream = stream or sys.stdout
        self._render = json_line if as_json else _human
        self._lines: queue.SimpleQueue[JsonObject | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._thread.start()

    def __call__(self, line: JsonObject) -> None:
        """Hand a line over; returns at once."""
        self._lines.put(line)

    def close(self, timeout: float | None = None) -> None:
        """Write what is left; a reader that has gone away ends it."""
        self._lines.put(None)
        self._thread.join(timeout)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._stream.write(self._render(line) + "\n")
                if self._lines.empty():
                    self._stream.flush()
            except (BrokenPipeError, ValueError):
                return  # nobody reads any more; the trader goes on
        try:
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            return


def _human(line: JsonObject) -> str:
    time, event = str(line.get("time", ""))[:19].replace("T", " "), str(line.get("event", ""))
    shown = _HUMAN.get(event)
    told = " ".join(str(line[key]) for key in shown if line.get(key) not in (None, "")) if shown else _pairs(line)
    return printable(SECRETS(f"{time}  {event:<9} {told}"))


_HUMAN = {
    "decision": ("cycle", "verdict", "reason"),
    "order": ("status", "side", "quantity", "symbol", "type", "price", "stop_price", "actor"),
    "fill": ("side", "quantity", "symbol", "price", "realised"),
    "denial": ("code", "tool", "detail"),
    "approval": ("id", "status", "side", "quantity", "symbol", "price", "stop_price", "max_loss", "code", "answer"),
    "state": ("trading_state", "reason"),
}


def _pairs(line: JsonObject) -> str:
    return "  ".join(f"{key}={_plain(value)}" for key, value in line.items() if key not in ("event", "time"))


def _plain(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
