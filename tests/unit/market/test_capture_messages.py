"""Binance's messages become events at the time of their receipt; what is damaged is said, not guessed."""

import json
from decimal import Decimal

import pytest

from tests.unit.market import captures
from tests.unit.market.markets import BTC
from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, MarketTrade, Quote
from tui_trader.market.capture_messages import Malformed, Message, MessageDecoder

NOW = Instant(1_700_000_000_000_000_000)
D = Decimal


def decoded(body: object) -> Message | None:
    return MessageDecoder(BTC).decode(json.dumps(body).encode(), NOW)


def test_a_book_ticker_is_a_quote_at_its_receipt() -> None:
    quote = Quote(BTC, NOW, D("61800.20"), D(2), D("61800.30"), D(3))
    decoder = MessageDecoder(BTC)
    assert decoder.decode(json.dumps(captures.ticker("61800.20", "61800.30", update=9)).encode(), NOW) == quote
    assert decoder.quoted_at == 9


def test_figures_keep_their_digits() -> None:
    message = decoded(captures.ticker("61800.20", "61800.30"))
    assert isinstance(message, Quote)
    assert str(message.bid) == "61800.20"


@pytest.mark.parametrize("seller_came", [True, False])
def test_a_trade_says_who_came(seller_came: bool) -> None:
    body = captures.trade("61800.30", "0.006", seller_came=seller_came)
    assert decoded(body) == MarketTrade(BTC, NOW, D("61800.30"), D("0.006"), seller_came)


def test_what_is_no_trade_on_the_book_is_left_out() -> None:
    assert decoded(captures.trade("0", "0", kind="NA")) is None


def test_a_depth_update_is_a_diff_with_absolute_quantities() -> None:
    assert decoded(captures.depth(5, 9, 4, bids="100.1x2 99x0", asks="101x1")) == BookDiff(
        BTC, NOW, 5, 9, 4, ((D("100.1"), D(2)), (D(99), D(0))), ((D(101), D(1)),)
    )


def test_an_answer_of_the_depth_endpoint_is_a_snapshot() -> None:
    assert decoded(captures.answer(7, "100x1", "101x2")) == BookSnapshot(
        BTC, NOW, 7, ((D(100), D(1)),), ((D(101), D(2)),)
    )


def test_a_message_need_not_be_of_a_combined_stream() -> None:
    body = captures.trade("61800.30")
    assert decoded(body["data"]) == decoded(body)


def test_the_order_of_the_keys_does_not_matter() -> None:
    body = captures.depth(5, 9, 4, bids="100x1")
    data = body["data"]
    assert isinstance(data, dict)
    turned = {"data": dict(reversed(data.items())), "stream": body["stream"]}
    assert decoded(turned) == decoded(body) is not None


@pytest.mark.parametrize("body", [{"result": None, "id": 1}, {"e": "kline", "s": "BTCUSDT"}, {"data": {"e": "24hr"}}])
def test_other_messages_are_passed_over(body: object) -> None:
    assert decoded(body) is None


def _changed(body: dict[str, object], field: str, value: object) -> dict[str, object]:
    data = body["data"]
    assert isinstance(data, dict)
    return {**body, "data": {**data, field: value}}


TICKER = captures.ticker("100", "101")
DEPTH = captures.depth(5, 9, 4, bids="100x1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_changed(TICKER, "b", "0.00"), "a price is zero"),
        (_changed(TICKER, "b", "NaN"), "'NaN' is not a plain number"),
        (_changed(TICKER, "b", "-100"), "'-100' is not a plain number"),
        (_changed(TICKER, "b", "1_00"), "not a plain number"),
        (_changed(TICKER, "b", "1e2"), "not a plain number"),
        (_changed(TICKER, "b", "١٠٠"), "not a plain number"),
        (_changed(TICKER, "b", ""), "not a plain number"),
        (_changed(TICKER, "b", "1.0.0"), "not a plain number"),
        (_changed(TICKER, "B", "9" * 13), "beyond any price"),
        (_changed(TICKER, "b", 100.5), "not one of Binance's messages"),
        (_changed(TICKER, "b", None), "not one of Binance's messages"),
        (_changed(TICKER, "b", ["100"]), "not one of Binance's messages"),
        (_changed(TICKER, "b", "102"), "the bid 102 is above the ask 101"),
        (_changed(TICKER, "u", "7"), "Expected `int`, got `str` - at"),
        (_changed(TICKER, "u", 7.5), "Expected `int`, got `float`"),
        (_changed(TICKER, "s", "ETHUSDT"), "it is of ETHUSDT, and the file's name says BTCUSDT"),
        (_changed(captures.trade("100"), "m", "false"), "Expected `bool`, got `str`"),
        (_changed(DEPTH, "b", [["100"]]), "not one of Binance's messages"),
        (_changed(DEPTH, "b", [["100", "1", "2"]]), "not one of Binance's messages"),
        (_changed(DEPTH, "b", [["0", "1"]]), "a price is zero"),
        (_changed(DEPTH, "b", None), "not one of Binance's messages"),
        ({"data": {"e": "trade", "s": "BTCUSDT"}}, "missing required field `p`"),
        ({"data": None}, "not one of Binance's messages"),
        ([1, 2], "not one of Binance's messages"),
        (17, "not one of Binance's messages"),
    ],
)
def test_a_damaged_message_says_what_is_wrong(body: object, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        decoded(body)


@pytest.mark.parametrize("text", [b"", b"{", b'{"a":NaN}', b"\xff{}"])
def test_what_is_not_json_says_so(text: bytes) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        MessageDecoder(BTC).decode(text, NOW)


def test_endless_new_prices_do_not_fill_the_memory() -> None:
    decoder = MessageDecoder(BTC)
    for cents in range(70_000):
        decoder.decode(json.dumps(captures.trade(f"{cents + 1}.5")).encode(), NOW)
    assert len(decoder._prices) <= 1 << 16
