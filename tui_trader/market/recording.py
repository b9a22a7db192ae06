"""What `file:` names, klines or captures: read, validated, and played as the feed of its kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, assert_never

from tui_trader.core.clock import Clock
from tui_trader.core.instrument import Instrument
from tui_trader.core.words import Symbol
from tui_trader.market.capture_feed import CapturedMarket, CaptureFeed, find_captures
from tui_trader.market.kline_data import RecordedMarket, read_market
from tui_trader.market.kline_feed import KlineFeed, Lean
from tui_trader.market.locate import holds_captures
from tui_trader.market.ports import Feed

Recording: TypeAlias = RecordedMarket | CapturedMarket


def read_recording(
    paths: Sequence[Path], symbols: Sequence[Symbol], instruments: Mapping[Symbol, Instrument]
) -> Recording:
    """The recording of those `symbols` that the paths hold. Raises FeedError, also where klines and captures mix.

    Klines are wholly validated here; of a capture, which is played in constant memory, only the beginning.
    """
    if holds_captures(paths):
        return find_captures(paths, symbols, instruments)
    return read_market(paths, symbols, instruments)


def recording_feed(recording: Recording, *, clock: Clock, lean: Lean) -> Feed:
    """The feed that plays it; `lean` as for `KlineFeed`, and of no use to a capture."""
    match recording:
        case RecordedMarket():
            return KlineFeed(recording, clock=clock, lean=lean)
        case CapturedMarket():
            return CaptureFeed(recording, clock=clock)
        case _:
            assert_never(recording)
