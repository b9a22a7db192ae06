"""Secrets out of text: the values that are known, in the encodings in which they leak, then telling shapes.

What must pass untouched: hashes, our order ids, prices, symbols, addresses without a query.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import quote, quote_plus

from tui_trader.core.records import JsonValue

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
        self._forms: frozenset[str] = frozenset()
        self._known: _Known | None = None

    def register(self, value: str) -> None:
        """From now on this value is taken out wherever it stands: plain, quoted, escaped, in base64 or hexadecimal.

        So is what is left of it where a text was cut off, from twelve characters on. An empty value means that the
        secret is not set. Raises ValueError for one of fewer than eight characters.
        """
        if not value:
            return
        if len(value) < _SHORTEST:
            raise ValueError(f"a secret of fewer than {_SHORTEST} characters cannot be told from ordinary text")
        forms = self._forms | _forms_of(value)
        if forms != self._forms:
            # Made first and put in place in one step: other threads use one or the other.
            self._known, self._forms = _Known(forms), forms

    def __call__(self, text: str) -> str:
        """The text with `[redacted]` in the place of every secret."""
        if len(text) < _SHORTEST:
            return text
        if self._known is not None:
            text = self._known.taken_out(text)
        if _TELLTALE.search(text) is None:
            return text
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text

    def of_json(self, value: JsonValue) -> JsonValue:
        """The same with each text redacted, keys included: what is left is as sound as it was."""
        match value:
            case str():
                return self(value)
            case Mapping():
                return {self(key): self.of_json(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.of_json(inner) for inner in value]
            case _:
                return value


SECRETS: Final = Redactor()
"""The process's own: whoever finds a secret registers it here, and every way out of the process passes through it."""

_HEAD = 12
"""Characters by which a form is found; it goes as far as the text goes on with it."""


class _Known:
    """The forms of all values, found by how they begin."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        for form in forms:
            self._by_head.setdefault(form[:_HEAD], []).append(form)
        longest_first = sorted(self._by_head, key=lambda head: (-len(head), head))
        self._heads = re.compile("|".join(map(re.escape, longest_first)))

    def taken_out(self, text: str) -> str:
        parts: list[str] = []
        at = 0
        while (found := self._heads.search(text, at)) is not None:
            parts += (text[at : found.start()], REDACTED)
            at = found.start() + max(_shared(text, found.start(), form) for form in self._by_head[found[0]])
        return "".join((*parts, text[at:])) if parts else text


def _shared(text: str, start: int, form: str) -> int:
    """How many characters of the form the text has from there on."""
    both = enumerate(zip(text[start : start + len(form)], form, strict=False))
    return next((place for place, (one, other) in both if one != other), min(len(form), len(text) - start))


def _forms_of(value: str) -> frozenset[str]:
    """All ways in which the value is written; of a PEM block those of its body, which is what is secret in it."""
    forms = _written_forms(value)
    if value.lstrip().startswith(_PEM):
        forms = {form for form in forms if not form.startswith(_PEM)}  # how every block begins; the shape takes it out
        lines = [line.strip() for line in value.splitlines() if not line.lstrip().startswith("-----")]
        for line in lines:
            forms |= _written_forms(line)
        with suppress(ValueError):
            der = base64.b64decode("".join(lines), validate=True)
            for raw in (der, der[-_SEED_BYTES:]):
                forms |= {raw.hex(), raw.hex().upper()} | _base64_forms(raw)
    return frozenset(form for form in forms if len(form) >= _SHORTEST)


_PEM: Final = "-----BEGIN "
_SEED_BYTES = 32
"""At the end of an Ed25519 key's DER stands the key itself."""


def _written_forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    quoted = {quote(raw), quote(raw, safe=""), quote_plus(raw)}
    quoted |= {quote(once, safe="") for once in quoted}
    quoted |= {_PERCENT.sub(lambda found: found[0].lower(), each) for each in quoted}
    escaped = json.dumps(value)[1:-1]
    return {
        value,
        value.strip(),
        repr(value)[1:-1],
        escaped,
        escaped.replace("/", "\\/"),
        _MARKUP.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped),
        html.escape(value),
        *quoted,
        raw.hex(),
        raw.hex().upper(),
        *_base64_forms(raw),
    }


_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")
_MARKUP: Final = re.compile(r"[&<>'+=]")
"""What writers of JSON escape that fear for a page in which it may stand."""


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
