"""The program with a decider that never gives the loop back: `python -m tests.integration.cli.hanging ARGUMENTS`."""

import threading

from tui_trader.__main__ import main
from tui_trader.agent.deciders.rules import RulesDecider


async def _hang(*_: object, **__: object) -> None:
    threading.Event().wait()


RulesDecider.decide = _hang  # type: ignore[method-assign,assignment]  # the busy tool

if __name__ == "__main__":
    main()
