"""Small recorded markets: a wave that the rules baseline trades from its first warm minute on."""

import gzip
import math
from pathlib import Path

import pytest

from tests.integration.cli.program import ROOT

START_MS = 1_746_428_400_000
"""2025-05-05T07:00Z."""
HEADER = "open_time,open,high,low,close,volume"
_MINUTE_MS = 60_000
_HALF_WAVE = 50
"""Minutes of one direction."""


def kline_rows(minutes: int, *, base: int = 95_000, start: int = START_MS) -> list[str]:
    """Minutes that rise and fall in turn, with ripples; figures in tenths, so that no float is written."""
    rows: list[str] = []
    price = base * 10
    for minute in range(minutes):
        drift = 200 if minute // _HALF_WAVE % 2 == 0 else -200
        close = price + drift + round(150 * math.sin(minute * 1.7))
        high, low = max(price, close) + 30, min(price, close) - 30
        figures = ",".join(f"{figure // 10}.{figure % 10}" for figure in (price, high, low, close))
        rows.append(f"{start + minute * _MINUTE_MS},{figures},50")
        price = close
    return rows


def write_rows(path: Path, rows: list[str], header: str = HEADER) -> Path:
    """A CSV file, packed if its name says so."""
    content = "\n".join([header, *rows, ""]).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def write_market(folder: Path, *, minutes: int = 600, symbol: str = "BTCUSDT") -> Path:
    """Klines of one symbol, packed, with funding and mark files beside them; the path of the klines."""
    folder.mkdir(parents=True, exist_ok=True)
    klines = write_rows(folder / f"{symbol}-1m-wave.csv.gz", kline_rows(minutes))
    hour = 60 * _MINUTE_MS
    # Far oftener than an exchange settles, so that some settlements find a position.
    funding = [f"{START_MS + number * hour // 3},0.0001" for number in range(1, 3 * (minutes // 60))]
    write_rows(folder / f"{symbol}-funding-wave.csv", funding, "funding_time,funding_rate")
    mark: list[str] = []
    for number in range(minutes // 60):
        row = kline_rows(60 * (number + 1))[-60:]
        close = row[-1].split(",")[4]
        whole = int(float(close)) + 3
        mark.append(f"{START_MS + number * hour},{whole},{whole + 90},{whole - 90},{whole}")
    write_rows(folder / f"{symbol}-mark-1h-wave.csv", mark, "open_time,open,high,low,close")
    return klines


def real_minutes(symbol: str = "BTCUSDT") -> Path:
    """Three weeks of recorded minutes beside the checkout; skips the test without them."""
    path = ROOT.parent / "shared" / "data" / f"{symbol}-1m-2025-05-05_2025-05-25.csv.gz"
    if not path.is_file():
        pytest.skip("real market data is not beside the checkout")
    return path
