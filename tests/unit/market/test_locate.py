"""Which file is whose: names, folders, what stands beside, and what is said where nothing fits."""

from pathlib import Path

import pytest

from tests.unit.market.markets import BTC, ETH, INSTRUMENTS, row, write
from tui_trader.core.words import Symbol
from tui_trader.market.kline_data import read_market
from tui_trader.market.locate import SymbolFiles, capture_files, holds_captures, symbol_files, symbol_of
from tui_trader.market.ports import FeedError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("BTCUSDT-1m-2025-05.csv.gz", "BTCUSDT"), ("ethusdt-x.csv", "ETHUSDT"), ("SOLUSDT.csv", "SOLUSDT")],
)
def test_the_symbol_is_the_name_before_the_first_dash(name: str, symbol: str) -> None:
    assert symbol_of(Path("somewhere") / name) == symbol


def test_a_folder_gives_the_policys_symbols_in_the_policys_order(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1m-a.csv.gz", "ETHUSDT-1m-a.csv", "SOLUSDT-1m-a.csv", "BTCUSDT-ws-a.txt.gz", "notes.csv")
    touch(tmp_path, "BTCUSDT-funding-a.csv", "ETHUSDT-mark-1h-a.csv.gz", "BTCUSDT-1m-a.csv.part")
    files = symbol_files([tmp_path], [ETH, Symbol("XRPUSDT"), BTC])
    assert files == (
        SymbolFiles(ETH, tmp_path / "ETHUSDT-1m-a.csv", None, tmp_path / "ETHUSDT-mark-1h-a.csv.gz"),
        SymbolFiles(BTC, tmp_path / "BTCUSDT-1m-a.csv.gz", tmp_path / "BTCUSDT-funding-a.csv", None),
    )


def test_of_several_files_beside_it_the_one_of_the_same_days_is_taken(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1m-2025-06.csv.gz", "BTCUSDT-funding-2025-05.csv", "BTCUSDT-funding-2025-06.csv")
    (files,) = symbol_files([tmp_path / "BTCUSDT-1m-2025-06.csv.gz"], [BTC])
    assert files.funding == tmp_path / "BTCUSDT-funding-2025-06.csv"
    touch(tmp_path, "BTCUSDT-1m-2025-07.csv")
    with pytest.raises(FeedError, match=r"several funding files stand beside it \(BTCUSDT-funding-2025-05"):
        symbol_files([tmp_path / "BTCUSDT-1m-2025-07.csv"], [BTC])


def test_two_files_of_one_symbol_are_refused_unless_nobody_wants_it(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1m-2025-05.csv", "BTCUSDT-1m-2025-06.csv", "ETHUSDT-1m-2025-05.csv")
    with pytest.raises(FeedError, match=r"2025-06\.csv: BTCUSDT-1m-2025-05\.csv already holds BTCUSDT"):
        symbol_files([tmp_path], [BTC, ETH])
    assert [files.symbol for files in symbol_files([tmp_path], [ETH])] == [ETH]


def test_nothing_in_common_says_both_sides(tmp_path: Path) -> None:
    touch(tmp_path, "SOLUSDT-1m-a.csv")
    with pytest.raises(FeedError, match=r"The prompt's symbols are BTCUSDT, ETHUSDT, the data is of SOLUSDT: none"):
        symbol_files([tmp_path], [BTC, ETH])


def test_a_path_without_klines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="the folder holds no klines"):
        symbol_files([tmp_path], [BTC])
    with pytest.raises(FeedError, match="there is no such file"):
        symbol_files([tmp_path / "BTCUSDT-1m-a.csv"], [BTC])
    with pytest.raises(FeedError, match=r"it cannot be read \(File name too long\)"):
        symbol_files([tmp_path / ("BTCUSDT-" + "x" * 300)], [BTC])


def test_the_market_is_what_all_files_cover(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1m.csv", [row(minute) for minute in range(6)])
    write(tmp_path / "ETHUSDT-1m.csv", [row(minute) for minute in range(2, 9)])
    market = read_market([tmp_path], [BTC, ETH], INSTRUMENTS)
    assert (market.end - market.start) // (60 * 10**9) == 4
    assert market.name == f"file:{tmp_path}"


def test_files_without_a_common_time_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1m.csv", [row(0)])
    write(tmp_path / "ETHUSDT-1m.csv", [row(1)])
    with pytest.raises(FeedError, match="The files have no time in common"):
        read_market([tmp_path], [BTC, ETH], INSTRUMENTS)


def test_an_instrument_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "MOONUSDT-1m.csv", [row(0)])
    with pytest.raises(FeedError, match=r"MOONUSDT is not a known instrument\. Known are: BTCUSDT, ETHUSDT"):
        read_market([path], [Symbol("MOONUSDT")], INSTRUMENTS)


def test_prices_far_below_the_tick_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "BTCUSDT-1m.csv", [row(0, "0.18 0.19 0.17 0.18")])
    with pytest.raises(FeedError, match=r"the price 0\.17 is below two ticks of 0\.1"):
        read_market([path], [BTC], INSTRUMENTS)


def test_captures_are_known_by_their_ending_and_klines_come_first_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT-ws-2024-08-08.txt.gz").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a capture")
    capture = tmp_path / "BTCUSDT-ws-2024-08-08.txt.gz"
    assert holds_captures([tmp_path])
    assert holds_captures([capture])
    assert capture_files([tmp_path], [BTC, ETH]) == {BTC: capture}
    write(tmp_path / "BTCUSDT-1m-a.csv", [row(0)])
    assert not holds_captures([tmp_path])
    assert holds_captures([capture])


def test_klines_and_captures_do_not_mix(tmp_path: Path) -> None:
    capture = tmp_path / "BTCUSDT-ws.txt"
    capture.write_text("")
    klines = write(tmp_path / "ETHUSDT-1m-a.csv", [row(0)])
    with pytest.raises(FeedError, match=r"ETHUSDT-1m-a.csv holds klines. Name files of one kind."):
        holds_captures([klines, capture])


def test_two_captures_of_one_symbol_are_refused(tmp_path: Path) -> None:
    for name in ("BTCUSDT-ws-a.txt", "BTCUSDT-ws-b.txt"):
        (tmp_path / name).write_text("")
    with pytest.raises(FeedError, match=r"BTCUSDT-ws-a\.txt already holds BTCUSDT"):
        capture_files([tmp_path], [BTC])
