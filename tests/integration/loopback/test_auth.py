"""Who is let in: signatures over the raw bytes, keys, and the receive window."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.loopback import CREDENTIALS, LoopbackBench, loopback, sign
from tui_trader.core.clock import WallClock, to_milliseconds
from tui_trader.exchange.loopback.auth import signed_text
from tui_trader.exchange.loopback.options import Credentials

_DOCUMENTED = (
    b"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
)


def stamp(offset: int = 0) -> str:
    return f"timestamp={to_milliseconds(WallClock().now()) + offset}"


def test_the_documented_example_has_the_documented_signature() -> None:
    secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
    expected = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
    assert sign(secret, _DOCUMENTED.decode()) == expected


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (_DOCUMENTED + b"&signature=abc", b""),
        (b"", _DOCUMENTED + b"&signature=abc"),
        (b"signature=abc&" + _DOCUMENTED, b""),
        (_DOCUMENTED[:20], _DOCUMENTED[20:] + b"&signature=abc"),
    ],
)
def test_what_is_signed_is_query_then_body_without_the_signature(query: bytes, body: bytes) -> None:
    assert signed_text(query, body) == _DOCUMENTED


async def test_query_and_body_are_signed_as_one_text_and_the_query_wins(bench: LoopbackBench) -> None:
    query, body = f"symbol=BTCUSDT&{stamp()}", "symbol=NONE&countdownTime=0"
    signature = sign(CREDENTIALS.secret, query + body)
    answer = await bench.raw(
        "POST", f"/fapi/v1/countdownCancelAll?{query}", body=f"{body}&signature={signature.upper()}"
    )
    assert (answer.status, answer.body["symbol"]) == (200, "BTCUSDT")


async def test_a_delete_may_carry_its_parameters_in_the_body(bench: LoopbackBench) -> None:
    body = f"symbol=BTCUSDT&{stamp()}"
    body += f"&signature={sign(CREDENTIALS.secret, body)}"
    assert (await bench.raw("DELETE", "/fapi/v1/allOpenOrders", body=body)).status == 200


@pytest.mark.parametrize("encoded", ["tt%3A1", "tt%2F1"])
async def test_the_raw_bytes_count_not_what_they_stand_for(bench: LoopbackBench, encoded: str) -> None:
    decoded = encoded.replace("%3A", ":").replace("%2F", "/")
    when = stamp()
    wrong = sign(CREDENTIALS.secret, f"symbol=BTCUSDT&origClientOrderId={decoded}&{when}")
    right = sign(CREDENTIALS.secret, f"symbol=BTCUSDT&origClientOrderId={encoded}&{when}")
    target = f"/fapi/v1/order?symbol=BTCUSDT&origClientOrderId={encoded}&{when}&signature="
    assert (await bench.raw("GET", target + wrong)).body["code"] == -1022
    assert (await bench.raw("GET", target + right)).body["code"] == -2013


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", -1102),
        ("timestamp=abc&signature=1", -1102),
        ("recvWindow=60001", -1131),
        ("unsigned", -1102),
        ("wrong", -1022),
    ],
)
async def test_a_request_that_is_not_signed_rightly_is_refused(bench: LoopbackBench, query: str, code: int) -> None:
    if query == "recvWindow=60001":
        query = f"{query}&{stamp()}&signature=1"
    elif query in ("unsigned", "wrong"):
        query = stamp() + ("&signature=00" if query == "wrong" else "")
    answer = await bench.raw("GET", f"/fapi/v3/balance?{query}")
    assert (answer.status, answer.body["code"]) == (400, code)


@pytest.mark.parametrize(("offset", "is_admitted"), [(-4500, True), (-6000, False), (800, True), (2500, False)])
async def test_a_request_is_of_now(bench: LoopbackBench, offset: int, *, is_admitted: bool) -> None:
    query = stamp(offset)
    answer = await bench.raw("GET", f"/fapi/v3/balance?{query}&signature={sign(CREDENTIALS.secret, query)}")
    assert (answer.status == 200) is is_admitted
    assert is_admitted or answer.body["code"] == -1021


@pytest.mark.parametrize(("headers", "code"), [({}, -2014), ({"X-MBX-APIKEY": "another"}, -2015)])
async def test_a_key_that_is_missing_or_foreign_is_refused(
    bench: LoopbackBench, headers: dict[str, str], code: int
) -> None:
    query = stamp()
    answer = await bench.raw(
        "GET", f"/fapi/v3/balance?{query}&signature={sign(CREDENTIALS.secret, query)}", headers=headers
    )
    assert (answer.status, answer.body["code"]) == (401, code)


def ed25519() -> tuple[Any, Callable[[bytes], bytes]]:
    private = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    return private.public_key(), private.sign


def rsa() -> tuple[Any, Callable[[bytes], bytes]]:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    return private.public_key(), lambda text: private.sign(text, PKCS1v15(), SHA256())


@pytest.mark.parametrize("made", [ed25519, rsa])
async def test_a_key_of_two_halves_signs_too(made: Callable[[], tuple[Any, Callable[[bytes], bytes]]]) -> None:
    public, signed = made()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    async with loopback(credentials=Credentials(key="k", secret="s", pem_key="pem", public_pem=pem)) as bench:
        query = stamp()
        signature = quote(base64.b64encode(signed(query.encode())), safe="")
        target = "/fapi/v3/balance?" + query + "&signature="
        header = {"X-MBX-APIKEY": "pem"}
        assert (await bench.raw("GET", target + signature, headers=header)).status == 200
        other = quote(base64.b64encode(signed(query.encode() + b"1")), safe="")
        for wrong in ("AAAA", "no base64", other, sign("s", query)):
            assert (await bench.raw("GET", target + quote(wrong, safe="%"), headers=header)).body["code"] == -1022


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/fapi/v1/none", 404), ("PATCH", "/fapi/v1/order", 405)]
)
async def test_an_unknown_path_is_answered_with_a_page(
    bench: LoopbackBench, method: str, path: str, status: int
) -> None:
    answer = await bench.raw(method, path)
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (status, "text/html")
