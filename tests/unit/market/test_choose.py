"""The text after --feed: what it means, and what is said where it means nothing."""

from pathlib import Path

import pytest

from tui_trader.market.choose import FeedChoice, FeedKind, parse_feed
from tui_trader.market.ports import FeedError


def test_files_are_taken_in_their_order() -> None:
    choice = parse_feed("file:a/BTCUSDT-1m.csv.gz, b")
    assert choice == FeedChoice(FeedKind.FILE, (Path("a/BTCUSDT-1m.csv.gz"), Path("b")))
    assert choice.name == "file:a/BTCUSDT-1m.csv.gz,b"
    assert parse_feed(choice.name) == choice


def test_a_colon_belongs_to_the_path() -> None:
    assert parse_feed("file:odd:name.csv").paths == (Path("odd:name.csv"),)


def test_the_home_sign_is_the_users_folder() -> None:
    assert parse_feed("file:~/data").paths == (Path.home() / "data",)


def test_a_feed_that_was_asked_for_needs_no_reason() -> None:
    assert parse_feed("binance") == FeedChoice(FeedKind.BINANCE)
    assert parse_feed("synthetic") == FeedChoice(FeedKind.SYNTHETIC)


def test_the_synthetic_market_with_its_book_is_called_so() -> None:
    choice = parse_feed("synthetic:depth")
    assert (choice.kind, choice.name) == (FeedKind.SYNTHETIC_DEPTH, "synthetic:depth")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("auto", "is not known"),
        ("binance:x", "is not known"),
        ("", "is not known. Use auto, binance, synthetic, synthetic:depth or file:PATH"),
        ("csv:a", "is not known"),
        ("synthetic:7", "is not known"),
        ("synthetic:", "is not known"),
        ("synthetic:depth:7", "is not known"),
        ("file", "is not known"),
        ("file:", "a path is empty"),
        ("file:a,,b", "a path is empty"),
    ],
)
def test_the_rest_is_refused_with_the_way_out(asked: str, sentence: str) -> None:
    with pytest.raises(FeedError) as refused:
        parse_feed(asked)
    assert sentence in str(refused.value)
    assert "file:PATH" in str(refused.value)
