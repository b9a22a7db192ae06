"""Recorded markets, read and validated: klines, fundings and basis of each symbol, over their common time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.clock import Instant, text
from tui_trader.core.instrument import Instrument
from tui_trader.core.words import Symbol
from tui_trader.market.kline_file import KlineTable, read_klines
from tui_trader.market.locate import SymbolFiles, symbol_files
from tui_trader.market.ports import FeedError
from tui_trader.market.rows import fault
from tui_trader.market.side_files import BasisTable, FundingTable, read_basis, read_funding


@dataclass(frozen=True, slots=True)
class RecordedSymbol:
    """All that the files say of one symbol."""

    instrument: Instrument
    klines: KlineTable
    funding: FundingTable
    basis: BasisTable


@dataclass(frozen=True, slots=True)
class RecordedMarket:
    """The symbols of a recording, and the time that all of them cover: from `start` up to `end`."""

    name: str
    symbols: Mapping[Symbol, RecordedSymbol]
    start: Instant
    end: Instant


def read_market(
    paths: Sequence[Path], symbols: Sequence[Symbol], instruments: Mapping[Symbol, Instrument]
) -> RecordedMarket:
    """Read the files of those `symbols` that the paths hold. Everything is validated here, nothing later.

    Raises FeedError.
    """
    recorded = {files.symbol: _read(files, instruments) for files in symbol_files(paths, symbols)}
    start = max(symbol.klines.first for symbol in recorded.values())
    end = min(symbol.klines.end for symbol in recorded.values())
    if start >= end:
        spans = "; ".join(
            f"{name} {text(symbol.klines.first)} to {text(symbol.klines.end)}" for name, symbol in recorded.items()
        )
        raise FeedError(f"The files have no time in common ({spans}). Name files that cover the same days.")
    return RecordedMarket("file:" + ",".join(str(path) for path in paths), recorded, start, end)


def _read(files: SymbolFiles, instruments: Mapping[Symbol, Instrument]) -> RecordedSymbol:
    instrument = instruments.get(files.symbol)
    if instrument is None:
        known = ", ".join(sorted(instruments)) or "none"
        raise fault(files.klines, None, f"{files.symbol} is not a known instrument", f"Known are: {known}")
    klines = read_klines(files.klines, files.symbol)
    if klines.lowest < 2 * instrument.tick:
        what = f"the price {klines.lowest} is below two ticks of {instrument.tick}"
        raise fault(files.klines, None, what, f"Check that the file holds {files.symbol}")
    return RecordedSymbol(instrument, klines, read_funding(files.funding), read_basis(files.mark, klines))
