"""Secrets do not pass in any form in which they leak; what only looks like one does."""

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.ids import client_order_id
from tui_trader.journal.redact import REDACTED, Redactor

SECRET = "NhqPt+mAAC/wD2jx=kq79&0Zz9"


@pytest.fixture
def redactor() -> Redactor:
    known = Redactor()
    known.register(SECRET)
    return known


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        urlencode({"k": SECRET}),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        repr(SECRET),
        json.dumps({"key": SECRET}),
    ],
)
def test_a_known_value_is_taken_out_however_it_is_written(redactor: Redactor, written: str) -> None:
    told = redactor(f"before {written} after")
    assert REDACTED in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    for form in (SECRET, quote_plus(SECRET), SECRET.encode().hex(), base64.b64encode(SECRET.encode()).decode()[:-4]):
        assert form not in told


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=64),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
)
def test_base64_of_a_longer_text_does_not_carry_the_value_out(secret: str, before: bytes, after: bytes) -> None:
    redactor = Redactor()
    redactor.register(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        told = redactor(encode(before + secret.encode() + after).decode())
        assert REDACTED in told


@given(secret=st.text(min_size=8, max_size=40), before=st.text(max_size=10), after=st.text(max_size=10))
def test_no_known_value_survives_between_any_neighbours(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.register(secret)
    told = redactor(before + secret + after)
    assert REDACTED in told
    assert secret not in told or secret in REDACTED


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key sk-proj-abcdEFGH1234_5678-x.", "abcdEFGH1234"),
        ("GET /fapi/v1/order?symbol=BTCUSDT&signature=" + "ab" * 32 + " HTTP/1.1", "ab" * 32),
        ('{"signature": "Zm9vYmFy+Zm9v/YmFyZm9v=="}', "Zm9vYmFy"),
        ("{'X-MBX-APIKEY': 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgw'}", "vmPUZE6mv9"),
        ("x-mbx-apikey: vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgw", "vmPUZE6mv9"),
        ("(b'X-MBX-APIKEY', b'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgw')", "vmPUZE6mv9"),
        ("Authorization: Bearer abc.def-ghi_jkl", "abc.def"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
        ("(b'Authorization', b'Bearer abc.def-ghi_jkl')", "abc.def"),
        ("token: bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "eyJhbGciOi"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ("-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2Vw", "MC4CAQAw"),
        ("api_secret=NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjIn", "NhqPtmdS"),
        ('"apiKey":"vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2z"', "vmPUZE6mv9"),
        ("listenKey=pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61", "pqia91ma19"),
        (r"{\"signature\": \"0f0f0f0f0f0f0f0f\"}", "0f0f0f0f"),
        ("http://user:pass-word@proxy.example:8080/", "pass-word"),
    ],
)
def test_a_shape_that_tells_is_taken_out_unasked(text: str, secret: str) -> None:
    told = Redactor()(text)
    assert secret not in told
    assert REDACTED in told


def test_what_is_around_a_secret_stays_readable() -> None:
    url = f"GET /fapi/v1/order?symbol=BTCUSDT&timestamp=1&signature={'0f' * 32}&x=1"
    assert Redactor()(url) == f"GET /fapi/v1/order?symbol=BTCUSDT&timestamp=1&signature={REDACTED}&x=1"
    assert Redactor()("Authorization: Bearer abcdefgh, next") == f"Authorization: {REDACTED}, next"


@given(st.binary(min_size=32, max_size=32))
def test_hashes_and_order_ids_pass(digest: bytes) -> None:
    redactor = Redactor()
    redactor.register(SECRET)
    for text in (digest.hex(), client_order_id(digest), f'{{"prev":"{digest.hex()}"}}', f"log {digest[:8].hex()}"):
        assert redactor(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "103250.10",
        "0.00000001",
        "1746403200000000000",
        "BTCUSDT",
        "ask-side depth, risk-adjusted; task-force",
        "the signature of the tool is open_position(symbol, side)",
        "an authorization is needed",
        "bearer of bad news",
        "without authorization, trading is refused",
        "https://fapi.binance.com/fapi/v1/klines?symbol=BTCUSDT&limit=500",
        "wss://fstream.binance.com/ws/btcusdt@markPrice@1s",
        "api_key is missing: set TUI_TRADER_BINANCE__API_KEY",
        "2025-05-05T00:01:00.000Z",
        "",
        "größer als 5 % – ja",
    ],
)
def test_ordinary_text_passes(redactor: Redactor, text: str) -> None:
    assert redactor(text) == text


def test_redacting_twice_is_redacting_once(redactor: Redactor) -> None:
    text = f"signature={'ab' * 32} Authorization: Bearer {SECRET} sk-{'x' * 20} http://u:p@h/"
    assert redactor(redactor(text)) == redactor(text)


def test_a_value_too_short_to_be_told_from_text_is_refused(redactor: Redactor) -> None:
    with pytest.raises(ValueError, match="8 characters"):
        redactor.register("1234567")
    redactor.register("")
    assert redactor("1234567") == "1234567"
