"""Secrets that are planted, in all encodings in which values leak, and the search for them.

The search knows nothing of the redactor: it looks for the first sixteen signs of each secret in each encoding, so that
what was cut off is found as well.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_SEED: Final = bytes(range(101, 133))
PEM: Final = (
    Ed25519PrivateKey.from_private_bytes(_SEED)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)

CANARIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "binance_api_key": "Ka7+n/&=%Ary0Key'1<2>aXq8WvUt9Rz3Mm",
        "binance_api_secret": "Se7+c/&=%Ret0Val'3<4>bYp6KjHg5Fd2Nn",
        "openai_api_key": "sk+m/&=%0del-Key'5<6>cZo4LiKu7Jh1Bb",
        "journal_key": "c0ffee11d00d22beefcafe33feed44f00dba5e55ba11ad66face77decaf88ace",
        "ed25519": PEM,
    }
)
"""Signs that some encodings change stand among the first, so that each encoding can be told from the others."""

ENCODINGS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "raw": lambda value: value,
        "cut": lambda value: value[: max(16, len(value) * 2 // 3)],
        "repr": lambda value: repr(value)[1:-1],
        "json": lambda value: json.dumps(value)[1:-1],
        "json for a page": lambda value: re.sub(
            "[&<>'+=]", lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value)[1:-1]
        ),
        "json, slashes": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
        "html": html.escape,
        "url": quote,
        "url, all": lambda value: quote(value, safe=""),
        "url, form": quote_plus,
        "url, lower": lambda value: re.sub("%[0-9A-F]{2}", lambda sign: sign[0].lower(), quote(value, safe="")),
        "url, twice": lambda value: quote(quote(value, safe=""), safe=""),
        "base64": lambda value: base64.b64encode(value.encode()).decode(),
        "base64, url": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
        "base64, amid": lambda value: base64.b64encode(b"user:" + value.encode() + b"@host").decode(),
        "hex": lambda value: value.encode().hex(),
        "hex, upper": lambda value: value.encode().hex().upper(),
    }
)

_PIECE = 16


def planted(number: int, names: Iterable[str] = tuple(CANARIES)) -> str:
    """One of the secrets in one of the encodings; `len(ENCODINGS) * len(names)` numbers go through all of them."""
    names = tuple(names)
    encode = tuple(ENCODINGS.values())[number % len(ENCODINGS)]
    return encode(CANARIES[names[number // len(ENCODINGS) % len(names)]])


def _pieces() -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for name, value in CANARIES.items():
        for encoding, encode in ENCODINGS.items():
            written = encode(value)
            # A key in PEM begins as every such key does; what is its own stands amid its only line.
            start = len(encode(PEM)) // 2 if name == "ed25519" else _PLACES.get(encoding, 0)
            start = len(ENCODINGS["raw"](PEM)) // 2 if (name, encoding) == ("ed25519", "cut") else start
            found[written[start : start + _PIECE].encode()] = f"{name} ({encoding})"
        raw = value.encode() if name != "ed25519" else _SEED
        found |= dict.fromkeys(_amid(raw), f"{name} (base64, amid)")
    for written in (_SEED.hex(), _SEED.hex().upper()):
        found[written[:_PIECE].encode()] = "ed25519 (hex of the seed)"
    return found


_PLACES: Final = {"base64, amid": 8}
"""Where what is the secret's own begins."""


def _amid(raw: bytes) -> set[bytes]:
    """What base64 makes of the beginning, wherever in a longer text it stands."""
    return {base64.b64encode(bytes(offset) + raw)[4 : 4 + _PIECE] for offset in (1, 2)}


_PIECES: Final = _pieces()
_SEARCH: Final = re.compile(b"|".join(re.escape(piece) for piece in sorted(_PIECES, key=len, reverse=True)))


def hits(content: bytes | str) -> list[str]:
    """Which secrets stand in it, and how they are written. Empty: none."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return sorted({_PIECES[found[0]] for found in _SEARCH.finditer(raw)})
