"""An engine in demo that buys, moves its stop and flattens, and kills itself -9 at one moment of its order path.

`python -m tests.integration.binance.killed_engine FOLDER REST STREAM NUMBER before|after`: the NUMBER-th request that
places or cancels an order is the last, and the process ends before it leaves, or when its answer has come and nobody
has been told. It ends with 0 where there were fewer.
"""

import os
import signal
import sys
from pathlib import Path
from time import sleep

from tests.fakes.loopback import BTC
from tests.integration.binance.demo import BUY, asked, buy, demo_options, is_ready, until
from tui_trader.core.money import Price
from tui_trader.engine.commands import AskStatus, FlattenAll, MoveStop
from tui_trader.engine.thread import EngineThread
from tui_trader.exchange.binance.client import Client
from tui_trader.exchange.binance.endpoints import CANCEL, CANCEL_ALGO, SUBMIT, SUBMIT_ALGO, Endpoint


def main() -> None:
    """Live until the fatal request."""
    folder, rest, stream, number, when = sys.argv[1:]
    _die_at(int(number), when)
    engine = EngineThread(demo_options(Path(folder), rest, stream))
    engine.start()
    until(lambda: engine.is_over or is_ready(engine))
    buy(engine)
    assert BUY.stop is not None
    asked(engine, MoveStop(symbol=BTC, price=Price(BUY.stop + 200)))
    until(lambda: len(asked(engine, AskStatus()).result["orders"]) == 2)  # type: ignore[arg-type]  # a list of objects
    sleep(0.5)
    asked(engine, FlattenAll())
    engine.stop("everything was done")
    engine.join()


def _die_at(number: int, when: str) -> None:
    inner, seen = Client.ask, 0

    async def ask(self: Client, endpoint: Endpoint, params: dict[str, str]) -> object:
        nonlocal seen
        is_fatal = False
        if endpoint in (SUBMIT, SUBMIT_ALGO, CANCEL, CANCEL_ALGO):
            seen += 1
            is_fatal = seen == number
        if is_fatal and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await inner(self, endpoint, params)
        if is_fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Client.ask = ask  # type: ignore[method-assign,assignment]  # the moment of death


if __name__ == "__main__":
    main()
