"""`file:` plays klines as klines and captures as captures."""

import math
from pathlib import Path

import pytest

from tests.unit.market import captures
from tests.unit.market.captures import line, received, write_capture
from tests.unit.market.markets import BTC, INSTRUMENTS, START, row, write
from tui_trader.core.clock import LoopClock, PacedLoop
from tui_trader.market.capture_feed import CaptureFeed
from tui_trader.market.kline_feed import KlineFeed
from tui_trader.market.ports import FeedError
from tui_trader.market.recording import read_recording, recording_feed


@pytest.mark.parametrize(("name", "kind"), [("BTCUSDT-ws-a.txt", CaptureFeed), ("BTCUSDT-1m-a.csv", KlineFeed)])
def test_each_kind_of_file_gets_its_feed(tmp_path: Path, name: str, kind: type) -> None:
    if kind is CaptureFeed:
        path = write_capture(tmp_path / name, [line(1, captures.trade("100"))])
    else:
        path = write(tmp_path / name, [row(0), row(1)])
    recording = read_recording([path], [BTC], INSTRUMENTS)
    loop = PacedLoop(math.inf)
    feed = recording_feed(recording, clock=LoopClock(loop, START), lean={BTC: 0}.__getitem__)
    loop.close()
    assert isinstance(feed, kind)
    assert feed.name == recording.name == f"file:{path}"
    assert feed.start == (received(1) if kind is CaptureFeed else START)


def test_a_capture_that_is_none_fails_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-ws-a.txt"
    path.write_text("hello\n")
    with pytest.raises(FeedError, match="line 1: it begins with 'hello"):
        read_recording([path], [BTC], INSTRUMENTS)
