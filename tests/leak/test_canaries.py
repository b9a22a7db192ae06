"""The search finds what is planted; the redactor leaves nothing of it, in any encoding, and nothing else is taken."""

import pytest

from tests.leak.canaries import CANARIES, ENCODINGS, PEM, hits
from tui_trader.journal.redact import Redactor


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    redactor = Redactor()
    for value in CANARIES.values():
        redactor.register(value)
    return redactor


def _texts(written: str) -> tuple[str, ...]:
    return (
        written,
        f"GET /fapi/v1/order?a=1&b={written}&c=2 HTTP/1.1",
        f'{{"msg": "{written}", "code": -2015}}',
        f"KeyError: ('{written}',)\n  at place",
        f"Authorization: Basic {written}\r\n",
        f"{written}{written}",
        f"\x1b[31m{written}\x1b[0m",
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", CANARIES)
def test_each_secret_is_found_in_each_encoding_and_gone_after_the_redactor(
    redactor: Redactor, name: str, encoding: str
) -> None:
    written = ENCODINGS[encoding](CANARIES[name])
    for text in _texts(written):
        assert hits(text), "the search would miss it"
        assert hits(redactor(text)) == []
        assert redactor(redactor(text)) == redactor(text)


def test_of_a_key_in_pem_neither_its_lines_nor_its_bytes_pass(redactor: Redactor) -> None:
    body = PEM.splitlines()[1]
    for text in (f"line: {body}", f"seed {bytes(range(101, 133)).hex()}", f"half {body[:56]}"):
        assert hits(text)
        assert hits(redactor(text)) == []


@pytest.mark.parametrize("text", ["ordinary words", "0" * 64, "-----BEGIN PUBLIC KEY-----", "c0ffee shop", "sk+m"])
def test_what_is_no_secret_is_not_found(text: str) -> None:
    assert hits(text) == []
