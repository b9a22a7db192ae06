"""Secrets out of text: the values that are known, in the encodings in which they leak, then telling shapes.

What must pass untouched: hashes, our order ids, prices, symbols, addresses without a query.
"""

import base64
import re
from typing import Final
from urllib.parse import quote, quote_plus

REDACTED: Final = "[redacted]"

_SHORTEST = 8
"""Characters. A shorter value would be found in half the words of the log, and protects nothing."""

_KEEP_LABEL = r"\g<label>" + REDACTED

_QUOTE = r"\\*[\"']"
_IS = rf"(?:(?:{_QUOTE})?\s*[=:]\s*(?:b?{_QUOTE})?|{_QUOTE}\s*,\s*b?{_QUOTE})"
"""What stands between a name and its value in a query, a header, JSON (also quoted in JSON), a dict or a pair."""


def _labelled(names: str, value: str) -> tuple[re.Pattern[str], str]:
    """Keeps the name, takes out the value."""
    return re.compile(rf"(?P<label>{names}{_IS}){value}", re.IGNORECASE), _KEEP_LABEL


_SHAPES: Final = (
    # The body of a PEM block, whatever it holds; also one that is cut off.
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), REDACTED),
    # Keys of OpenAI and of those who copied its shape.
    (re.compile(r"\bsk-[A-Za-z0-9_-]{8,}"), REDACTED),
    # Binance signs the query: 64 hexadecimal digits (HMAC), or base64 in URL quotes (RSA, Ed25519).
    _labelled(r"\bsignature", r"[A-Za-z0-9+/=%_-]{8,}"),
    _labelled(r"X-MBX-APIKEY", r"[A-Za-z0-9_-]{8,}"),
    _labelled(r"\b(?:proxy-)?authorization", r"(?:(?:bearer|basic|token)\s+)?[^\s\"',}\\]{6,}"),
    _labelled(r"\b(?:api[_-]?key|api[_-]?secret|secret[_-]?key|listen[_-]?key)", r"[A-Za-z0-9+/=%_.-]{8,}"),
    (re.compile(r"(?P<label>\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), _KEEP_LABEL),
    # User and password of a URL.
    (re.compile(r"(?P<label>\b[a-z][a-z0-9+.-]*://)[^\s/@:]+:[^\s/@]+(?=@)", re.IGNORECASE), _KEEP_LABEL),
)

_TELLTALE: Final = re.compile(
    r"sk-|-----BEGIN|signature|api[_-]?key|secret|listen[_-]?key|authorization|bearer|://", re.IGNORECASE
)
"""Every shape holds one of these; most texts hold none, and are spared the rest (nine tenths of the time)."""


class Redactor:
    """Takes secrets out of any text that leaves for the log, the screen or a model."""

    def __init__(self) -> None:
        """Knows the shapes only; tell it values with `register`."""
        self._values: set[str] = set()
        self._known: re.Pattern[str] | None = None

    def register(self, value: str) -> None:
        """From now on this value is taken out wherever it stands: plain, quoted, in base64 or in hexadecimal.

        An empty value means that the secret is not set. Raises ValueError for one of fewer than eight characters.
        """
        if not value:
            return
        if len(value) < _SHORTEST:
            raise ValueError(f"a secret of fewer than {_SHORTEST} characters cannot be told from ordinary text")
        self._values |= _written_forms(value)
        longest_first = sorted(self._values, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """The text with `[redacted]` in the place of every secret."""
        if len(text) < _SHORTEST:
            return text
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        if _TELLTALE.search(text) is None:
            return text
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text


def _written_forms(value: str) -> set[str]:
    raw = value.encode()
    forms = {value, repr(value)[1:-1], value.strip(), quote(value), quote(value, safe=""), quote_plus(value)}
    forms |= {raw.hex(), raw.hex().upper()}
    forms |= _base64_forms(raw)
    return {form for form in forms if len(form) >= _SHORTEST}


def _base64_forms(raw: bytes) -> set[str]:
    """How base64 writes the value at each of the three offsets at which it can stand in a longer text.

    The characters at either end mix with the neighbours' bits and are left off.
    """
    forms: set[str] = set()
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + raw).rstrip(b"=").decode()
        start = (0, 2, 3)[offset]
        end = len(whole) if (offset + len(raw)) % 3 == 0 else len(whole) - 1
        forms |= {whole[start:end], whole[start:end].translate(_URL_SAFE)}
    return forms


_URL_SAFE: Final = str.maketrans("+/", "-_")
