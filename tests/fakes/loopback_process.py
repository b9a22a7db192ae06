"""A loopback exchange in a process of its own, its market nearly still, for figures that share no interpreter with it.

`python -m tests.fakes.loopback_process` prints where it serves, and ends with its input.
"""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.loopback import loopback
from tests.fakes.loopback_thread import move
from tui_trader.exchange.loopback.control import TOKEN_HEADER, Act
from tui_trader.exchange.loopback.options import Limits

_TOKEN = "figures" * 4
_LIMITS = Limits(weight_a_minute=240_000, orders_10s=30_000, orders_1m=120_000)
"""A hundred times production's: what is measured is ours, not the exchange's patience."""
_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is."""

    rest_url: str
    stream_url: str

    def wish(self, act: Act, **more: object) -> None:
        """Ask for a fault."""
        body = json.dumps({"act": act.value, **more}).encode()
        request = urllib.request.Request(f"{self.rest_url}/control", data=body, headers={TOKEN_HEADER: _TOKEN})
        with urllib.request.urlopen(request, timeout=_WITHIN) as answer:
            assert answer.status == 200


@contextmanager
def loopback_process() -> Iterator[Served]:
    """A running one."""
    command = [sys.executable, "-m", "tests.fakes.loopback_process"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Served(*process.stdout.readline().split())
        finally:
            process.stdin.close()


async def _serve() -> None:
    async with loopback(control_token=_TOKEN, limits=_LIMITS) as bench:
        print(bench.exchange.rest_url, bench.exchange.stream_url, flush=True)
        moving = asyncio.create_task(move(bench))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        moving.cancel()


if __name__ == "__main__":
    asyncio.run(_serve())
