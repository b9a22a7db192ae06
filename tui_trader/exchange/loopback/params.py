"""A request's parameters: from the query and the body, read once, each with the type that the endpoint expects."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.refusals import refuse

E = TypeVar("E", bound=StrEnum)

_LARGEST = Decimal(10) ** 15
_LONGEST = 18
"""Digits of an integer: all of its values fit where they are kept."""


@dataclass(frozen=True, slots=True)
class Params:
    """Text by name; where query and body both have a name, the query's counts. An empty text is as if not sent."""

    given: Mapping[str, str]

    @classmethod
    def of(cls, query: str, body: bytes) -> "Params":
        """Of a raw query string and a raw, urlencoded body. Raises Refusal -1100 for bytes that are no text."""
        try:
            sent = parse_qsl(body.decode("ascii"), keep_blank_values=True)
        except (UnicodeDecodeError, ValueError) as error:
            raise refuse(-1100, "body") from error
        return cls({**dict(sent), **dict(parse_qsl(query, keep_blank_values=True))})

    def text(self, name: str) -> str | None:
        """The text, or None if it was not sent."""
        return self.given.get(name) or None

    def required(self, name: str) -> str:
        """The text. Raises Refusal -1102."""
        found = self.text(name)
        if found is None:
            raise refuse(-1102, name)
        return found

    def symbol(self) -> Symbol:
        """The parameter `symbol`, which must be there; whether it is traded is not asked here."""
        return Symbol(self.required("symbol").upper())

    def integer(self, name: str, otherwise: int | None = None) -> int | None:
        """A whole number of zero or more."""
        found = self.text(name)
        if found is None:
            return otherwise
        if not (found.isascii() and found.isdigit()) or len(found) > _LONGEST:
            raise refuse(-1102, name)
        return int(found)

    def within(self, name: str, otherwise: int, most: int) -> int:
        """A whole number from one up to `most`. Raises Refusal -1130."""
        found = self.integer(name, otherwise)
        if found is None or not 1 <= found <= most:
            raise refuse(-1130, name)
        return found

    def instant(self, name: str, otherwise: Instant) -> Instant:
        """An instant given in milliseconds."""
        found = self.integer(name)
        return otherwise if found is None else from_milliseconds(min(found, 10**13))

    def decimal(self, name: str) -> Decimal | None:
        """A plain decimal; what Binance does not read (exponents, NaN, blanks) is refused with -1102."""
        found = self.text(name)
        if found is None:
            return None
        try:
            figure = Decimal(found)
        except InvalidOperation as error:
            raise refuse(-1102, name) from error
        if not figure.is_finite() or abs(figure) >= _LARGEST or not found.isascii() or set(found) - set("0123456789.-"):
            raise refuse(-1102, name)
        return figure

    def flag(self, name: str) -> bool:
        """`true` or `false` in any case; false if not sent."""
        found = self.text(name)
        if found is None:
            return False
        if found.lower() not in ("true", "false"):
            raise refuse(-1130, name)
        return found.lower() == "true"

    def choice(self, name: str, kind: type[E], otherwise: E | None = None, *, code: int = -1130) -> E:
        """One of an enum's words. Raises Refusal -1102 where it must be sent, and `code` for another word."""
        found = self.text(name)
        if found is None:
            if otherwise is None:
                raise refuse(-1102, name)
            return otherwise
        try:
            return kind(found.upper())
        except ValueError as error:
            raise refuse(code, name) from error
