"""Funding and mark files: settled rates by instant, and the basis of hours that have closed."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.market.markets import BTC, START, at, row, write
from tui_trader.core.clock import from_text, to_milliseconds
from tui_trader.market.kline_file import KlineTable, read_klines
from tui_trader.market.ports import FeedError
from tui_trader.market.side_files import read_basis, read_funding

SIX = to_milliseconds(from_text("2025-05-05T06:00:00Z"))
HOUR = 3_600_000
EIGHT = SIX + 2 * HOUR
FUNDING = "funding_time,funding_rate"
MARK = "open_time,open,high,low,close"


@pytest.fixture
def klines(tmp_path: Path) -> KlineTable:
    """Minutes from 06:58 to 08:08, all closing at 101, but at 102 from 07:30 on."""
    rows = [row(minute, "100 103 98 101" if minute < 32 else "100 103 98 102") for minute in range(70)]
    return read_klines(write(tmp_path / "BTCUSDT-1m.csv", rows), BTC)


def test_a_rate_counts_from_its_settlement_on(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", [f"{EIGHT - 8 * HOUR},1e-4", f"{EIGHT + 7},-2.404e-05"], FUNDING)
    table = read_funding(path)
    eight = from_text("2025-05-05T08:00:00Z")
    assert table.settled_at(eight) == Decimal("-0.00002404"), "the exchange's stamp may lie milliseconds later"
    assert table.settled_at(at(3)) is None
    assert table.last_rate(from_text("2025-05-05T07:59:59Z")) == Decimal("0.0001")
    assert table.last_rate(eight) == Decimal("-0.00002404")
    assert table.last_rate(from_text("2025-05-04T00:00:00Z")) == 0


def test_without_files_there_is_no_funding_and_no_basis(klines: KlineTable) -> None:
    assert read_funding(None).settled_at(START) is None
    assert read_funding(None).last_rate(START) == 0
    assert read_basis(None, klines).basis(at(60)) == 0


def test_the_basis_of_an_hour_is_known_when_the_hour_has_closed_and_not_before(
    tmp_path: Path, klines: KlineTable
) -> None:
    rows = [f"{SIX + hour * HOUR},100,103,98,{close}" for hour, close in enumerate(["101.5", "101.25", "99"])]
    table = read_basis(write(tmp_path / "m.csv", rows, MARK), klines)
    assert table.basis(from_text("2025-05-05T06:59:59Z")) == 0
    assert table.basis(from_text("2025-05-05T07:00:00Z")) == Decimal("0.5")
    assert table.basis(from_text("2025-05-05T07:59:59Z")) == Decimal("0.5")
    assert table.basis(from_text("2025-05-05T08:00:00Z")) == Decimal("-0.75")
    assert table.basis(from_text("2025-05-05T23:00:00Z")) == Decimal("-0.75"), "the klines do not cover 08 to 09"


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([f"{EIGHT},NaN"], "line 2: the funding rate is 'NaN'"),
        ([f"{EIGHT},1.5"], "line 2: the funding rate is '1.5', not a fraction between -1 and 1"),
        ([f"{EIGHT},x"], "line 2: the funding rate is 'x'"),
        ([f"{EIGHT},0", f"{EIGHT + 5},0"], "line 3: 2025-05-05T08:00:00.000Z is there twice"),
        ([f"{EIGHT},0", f"{SIX},0"], "line 3: time steps back"),
        (["8,0"], "line 2: funding_time is '8'"),
        ([], "a header and no rows"),
    ],
)
def test_a_damaged_funding_file_is_refused(tmp_path: Path, rows: list[str], sentence: str) -> None:
    with pytest.raises(FeedError, match=sentence):
        read_funding(write(tmp_path / "f.csv", rows, FUNDING))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([f"{SIX},100,103,98,104"], "line 2: the close 104 lies outside"),
        ([f"{SIX},100,103,0,101"], "line 2: the low is 0"),
        ([f"{SIX},100,103,98,101", f"{SIX + 2 * HOUR},100,103,98,101"], "line 3: a gap .missing rows: 1, from"),
        ([f"{SIX + 60_000},100,103,98,101"], "is not a whole multiple of 3600 seconds"),
        ([f"{SIX},1800,1810,1790,1800"], "line 2: the mark 1800 is far from the price 101 of BTCUSDT-1m.csv"),
    ],
)
def test_a_damaged_or_foreign_mark_file_is_refused(
    tmp_path: Path, klines: KlineTable, rows: list[str], sentence: str
) -> None:
    with pytest.raises(FeedError, match=sentence):
        read_basis(write(tmp_path / "m.csv", rows, MARK), klines)
