"""A rehearsal of live: the one lock set so that all of it is real but the exchange, which is on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.loopback_thread import LoopbackThread, loopback_thread
from tests.integration.binance.demo import demo_options, urls
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.core.words import Mode
from tui_trader.engine.live import door
from tui_trader.engine.live.door import LiveDoor
from tui_trader.engine.options import RunOptions
from tui_trader.risk.caps import LiveCaps


@contextmanager
def rehearsal(patch: pytest.MonkeyPatch) -> Iterator[LoopbackThread]:
    """The door ajar, and an exchange that says what its key may do."""
    patch.setattr(door, "LIVE_DOOR", LiveDoor.REHEARSAL)
    with loopback_thread(offers_permissions=True) as exchange:
        yield exchange


def live_options(folder: Path, exchange: LoopbackThread, *, accepted: str | None) -> RunOptions:
    """A home in which live is written, with the proposed caps; decisions every second, by the rules."""
    options = demo_options(folder, *urls(exchange), mode=Mode.LIVE)
    options.home.config.write_text('mode = "live"\n')
    caps = LiveCaps.model_validate(PROPOSED)
    return replace(options, accepted_live=accepted, settings=options.settings.model_copy(update={"live_caps": caps}))


def account_of(exchange: LoopbackThread) -> str:
    """How the exchange's account is called in live."""
    return next(f"live-{each['accountAlias']}" for each in exchange.ask("/fapi/v3/balance") if each["asset"] == "USDT")
