"""Kline files: read exactly, refused with one sentence that names file, line, fault and way out."""

import gzip
from decimal import Decimal, getcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.market.markets import BTC, HEADER, at, candle, real_data, row, write
from tui_trader.market.kline_file import read_klines
from tui_trader.market.ports import FeedError


def test_a_price_is_read_digit_by_digit(tmp_path: Path) -> None:
    exact = "94230.123456789012345"
    table = read_klines(write(tmp_path / "a.csv", [row(0, f"{exact} {exact} {exact} {exact}", "0.10")]), BTC)
    only = table.candle(at(0))
    assert only is not None
    assert [str(only.open), str(only.high), str(only.low), str(only.close)] == [exact] * 4
    assert str(only.volume) == "0.10"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "packed-without-saying-so.csv"])
def test_plain_and_gzip_give_the_same_candles(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [row(0), row(1, "101 102 100 100.5")])
    if name.startswith("packed"):
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    table = read_klines(path, BTC)
    assert table.before(table.end, 10) == (candle(0, "100 103 98 101"), candle(1, "101 102 100 100.5"))


def test_columns_are_found_by_name_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    moment = row(0).split(",", maxsplit=1)[0]
    path.write_bytes(
        b"\xef\xbb\xbfvolume,close,low,high,open,count,open_time\r\n" + f"6,101,98,103,100,7,{moment}\r\n\r\n".encode()
    )
    assert read_klines(path, BTC).candle(at(0)) == candle(0, "100 103 98 101")


def test_candles_are_asked_by_minute_and_by_what_had_closed(tmp_path: Path) -> None:
    table = read_klines(write(tmp_path / "a.csv", [row(minute) for minute in range(5)]), BTC)
    assert (table.first, table.end) == (at(0), at(5))
    assert table.candle(at(5)) is None
    assert table.candle(at(-1)) is None
    assert [c.time for c in table.before(at(3), 2)] == [at(1), at(2)]
    assert [c.time for c in table.before(at(3, 59), 9)] == [at(0), at(1), at(2)]
    assert [c.time for c in table.before(at(99), 2)] == [at(3), at(4)]
    assert table.before(at(0), 5) == ()
    assert table.before(at(3), 0) == ()


BAD_ROWS = {
    "gap": ([row(0), row(1), row(4)], "line 4: a gap (missing rows: 2, from 2025-05-05T07:00:00.000Z on)"),
    "step back": ([row(1), row(0)], "line 3: time steps back from 2025-05-05T06:59:00.000Z to"),
    "duplicate": ([row(0), row(0)], "line 3: 2025-05-05T06:58:00.000Z is there twice"),
    "off the minute": (["1746403200500,1,1,1,1,1"], "line 2: open_time 1746403200500 is not a whole multiple"),
    "seconds": (["1746403200,1,1,1,1,1"], "line 2: open_time is '1746403200', not a time in milliseconds"),
    "microseconds": (["1746403200000000,1,1,1,1,1"], "not a time in milliseconds"),
    "no time": (["soon,1,1,1,1,1"], "line 2: open_time is 'soon'"),
    "zero": ([row(0, "100 103 0 101")], "line 2: the low is 0, and a price is above zero"),
    "negative": ([row(0, "-100 103 98 101")], "line 2: the open is -100, and a price is above zero"),
    "NaN": ([row(0), row(1, "100 103 98 NaN")], "line 3: the close is 'NaN', not a finite number"),
    "signalling NaN": ([row(0, "100 sNaN 98 101")], "line 2: the high is 'sNaN'"),
    "infinite": ([row(0, "100 Infinity 98 101")], "line 2: the high is 'Infinity', not a finite number"),
    "not a number": ([row(0, "100 1o3 98 101")], "line 2: the high is '1o3', not a finite number"),
    "empty field": (["1746403200000,100,,98,101,6"], "line 2: the high is '', not a finite number"),
    "low above high": ([row(0, "100 98 103 101")], "line 2: the low 103 is above the high 98"),
    "open outside": ([row(0, "97 103 98 101")], "line 2: the open 97 lies outside low 98 and high 103"),
    "close outside": ([row(0, "100 103 98 104")], "line 2: the close 104 lies outside low 98 and high 103"),
    "negative volume": ([row(0, volume="-1")], "line 2: the volume is -1, and a volume is never negative"),
    "volume NaN": ([row(0, volume="nan")], "line 2: the volume is 'nan', not a finite number"),
    "endless digits": ([row(0, "1e999999 1e999999 1 1")], "beyond any price or volume"),
    "underscore": ([row(0, "1_00 103 98 101")], "line 2: the row does not hold plain numbers"),
    "short row": ([row(0), "1746403260000,1,1"], "line 3: the row has 3 fields, the header 6"),
    "blank line inside": ([row(0), "", row(1)], "line 3: a blank line stands between rows"),
    "no rows": ([], "the file has a header and no rows"),
}


@pytest.mark.parametrize(("rows", "sentence"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_damaged_row_is_refused_by_place_and_reason(tmp_path: Path, rows: list[str], sentence: str) -> None:
    path = write(tmp_path / "BTCUSDT-1m.csv", rows)
    with pytest.raises(FeedError) as refused:
        read_klines(path, BTC)
    message = str(refused.value)
    assert message.startswith(str(path))
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [row(0)], header="open_time,open,high,low,last,volume")
    with pytest.raises(FeedError, match=r"line 1: the column close is missing\. The header must hold open_time,open"):
        read_klines(path, BTC)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\n", "the file is empty"),
        (b"\xff\xfe\x00bad", "it is not a text file"),
        (gzip.compress(HEADER.encode(), mtime=0)[:15], "the gzip data is cut off or damaged"),
        (b"\x1f\x8b nothing of the kind", "the gzip data is cut off or damaged"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(FeedError, match=sentence):
        read_klines(path, BTC)


@given(cut=st.integers(min_value=1, max_value=60))
def test_a_gzip_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.csv.gz"
    whole = gzip.compress("\n".join([HEADER, *(row(minute) for minute in range(50))]).encode())
    path.write_bytes(whole[:-cut])
    with pytest.raises(FeedError, match="cut off or damaged"):
        read_klines(path, BTC)


def test_what_is_not_there_and_what_is_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="there is no such file"):
        read_klines(tmp_path / "none.csv", BTC)
    with pytest.raises(FeedError, match="it cannot be read"):
        read_klines(tmp_path, BTC)


def test_reading_does_not_depend_on_the_decimal_context(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [row(0, "100.123 103.456 98.789 101.321")])
    context = getcontext().copy()
    try:
        getcontext().prec = 3
        only = read_klines(path, BTC).candle(at(0))
    finally:
        getcontext().prec = context.prec
    assert only is not None
    assert only.open == Decimal("100.123")


@pytest.mark.data
def test_three_weeks_of_real_minutes_are_sound() -> None:
    table = read_klines(real_data() / "BTCUSDT-1m-2025-05-05_2025-05-25.csv.gz", BTC)
    assert (table.end - table.first) // (60 * 10**9) == 30_240
