"""Which panes are on the trading screen at a size, and where: the smallest keeps what one must not miss."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from textual.geometry import Region


class PaneName(StrEnum):
    """The panes, in the order of their numbers."""

    MARKET = "market"
    POSITIONS = "positions"
    DECISION = "decision"
    AUDIT = "audit"
    CHART = "chart"
    BOOK = "book"
    LIMITS = "limits"


Places = Mapping[PaneName, Region]

_MEDIUM, _WIDE = 110, 180
_MID, _TALL = 31, 47
"""Columns and lines of the room for panes, from which there is more to see."""


def arrangement(width: int, height: int) -> Places:
    """The panes' places in this room; together they fill it, and none covers another."""
    if height < _MID:
        return dict(_low_and_wide(width, height) if width >= _WIDE else _low(width, height))
    if width >= _WIDE:
        return dict(_wide(width, height))
    if width >= _MEDIUM:
        return dict(_medium(width, height))
    return dict(_narrow(width, height))


_Placed = Iterator[tuple[PaneName, Region]]


def _column(x: int, width: int, height: int, **shares: int) -> _Placed:
    """Panes under one another; the one with no lines of its own (0) takes what the others leave."""
    rest = height - sum(shares.values())
    y = 0
    for name, share in shares.items():
        lines = share or rest
        yield PaneName(name), Region(x, y, width, lines)
        y += lines


def _pair(y: int, width: int, height: int, left: PaneName, right: PaneName, *, gutter: int = 0) -> _Placed:
    """Two panes beside one another."""
    half = (width - gutter + 1) // 2
    yield left, Region(0, y, half, height)
    yield right, Region(half + gutter, y, width - half - gutter, height)


def _low(width: int, height: int) -> _Placed:
    """24 lines: prices, positions, the decision and the log, with rules instead of frames."""
    yield from _column(0, width, 11, market=4, positions=7)
    yield from _pair(11, width, height - 11, PaneName.DECISION, PaneName.AUDIT, gutter=1)


def _low_and_wide(width: int, height: int) -> _Placed:
    upper = height // 2
    yield from _pair(0, width, upper, PaneName.MARKET, PaneName.POSITIONS, gutter=1)
    yield from _pair(upper, width, height - upper, PaneName.DECISION, PaneName.AUDIT, gutter=1)


def _narrow(width: int, height: int) -> _Placed:
    """80 columns: one column, the decision and the log beside one another at its end."""
    lower = max(13, height * 3 // 10)
    limits = {"limits": 11} if height >= _TALL else {}
    yield from _column(0, width, height - lower, market=6, chart=0, positions=8, **limits)
    yield from _pair(height - lower, width, lower, PaneName.DECISION, PaneName.AUDIT)


def _medium(width: int, height: int) -> _Placed:
    """120 columns: the cockpit. What moves stands left, what limits and explains it right."""
    right = max(40, width // 3)
    left = width - right
    yield from _column(0, left, height, market=6, chart=0, positions=max(9, height // 4))
    yield from _column(left, right, height, book=max(8, height // 4), limits=8, decision=12, audit=0)


def _wide(width: int, height: int) -> _Placed:
    """200 columns: all of it in three columns."""
    left = width * 32 // 100
    right = width * 26 // 100
    middle = width - left - right
    yield from _column(0, left, height, market=max(6, height // 5), decision=max(13, height // 4), audit=0)
    yield from _column(left, middle, height, chart=0, positions=max(9, height // 4))
    yield from _column(left + middle, right, height, book=0, limits=11)
