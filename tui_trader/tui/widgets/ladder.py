"""The order book as a ladder: asks above, bids below, the spread between them, and bars of what adds up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tui_trader.tui.widgets.format import number, percent
from tui_trader.tui.widgets.gauge import filled_bar
from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.text import Align, fitted
from tui_trader.tui.widgets.tone import Line, Span, Tone

_LEAST_BAR = 4
"""Columns below which no bar is drawn."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A price, what rests there in all, and how much of it is one's own."""

    price: Decimal
    quantity: Decimal
    own: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Both sides from the touch outwards: bids downwards, asks upwards. `places` are the decimals of a price."""

    bids: tuple[Rung, ...] = ()
    asks: tuple[Rung, ...] = ()
    places: int = 2
    is_old: bool = False

    @property
    def imbalance(self) -> Decimal | None:
        """(bids - asks) / (bids + asks) of what is shown: 1 is bids only, -1 asks only; None of an empty book."""
        bids, asks = (sum((rung.quantity for rung in side), Decimal(0)) for side in (self.bids, self.asks))
        return (bids - asks) / (bids + asks) if bids + asks else None


def grouped(rungs: Iterable[Rung], step: Decimal, *, upwards: bool) -> tuple[Rung, ...]:
    """Rungs in multiples of `step`, rounded away from the touch, so that no price looks better than it is."""
    rounding = ROUND_CEILING if upwards else ROUND_FLOOR
    found: list[Rung] = []
    for rung in rungs:
        price = (rung.price / step).to_integral_value(rounding=rounding) * step
        if found and found[-1].price == price:
            found[-1] = Rung(price, found[-1].quantity + rung.quantity, found[-1].own + rung.own)
        else:
            found.append(replace(rung, price=price))
    return tuple(found)


def ladder_lines(depth: Depth, width: int, height: int, glyphs: Glyphs = UNICODE) -> tuple[Line, ...]:
    """As many rungs as fit above and below the line of the spread; blank lines where a side is short."""
    above = (height - 1) // 2
    asks, bids = depth.asks[:above], depth.bids[: height - 1 - above]
    if height < 1 or not (asks or bids):
        return ()
    seen = replace(depth, asks=asks, bids=bids)
    drawing = _Drawing.of(seen, width, glyphs)
    blank: Line = ()
    upper = [blank] * (above - len(asks)) + drawing.side(asks, Tone.ASK)[::-1]
    return (*upper, _spread(seen, width, glyphs), *drawing.side(bids, Tone.BID))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """Widths of the columns (0: left out), and the sum that fills a bar."""

    own: int
    price: int
    quantity: int
    bar: int
    most: Decimal
    depth: Depth
    glyphs: Glyphs

    @classmethod
    def of(cls, depth: Depth, width: int, glyphs: Glyphs) -> "_Drawing":
        rungs = (*depth.asks, *depth.bids)
        price = max(len(number(rung.price, depth.places)) for rung in rungs)
        quantity = max(len(number(rung.quantity)) for rung in rungs)
        own = max((len(number(rung.own)) + 2 for rung in rungs if rung.own), default=0)
        bar = width - own - price - quantity - 2
        return cls(
            own=own,
            price=price,
            quantity=quantity,
            bar=bar if bar >= _LEAST_BAR else 0,
            most=max(sum((rung.quantity for rung in side), Decimal(0)) for side in (depth.asks, depth.bids)),
            depth=depth,
            glyphs=glyphs,
        )

    def side(self, rungs: Sequence[Rung], tone: Tone) -> list[Line]:
        """From the touch outwards."""
        lines: list[Line] = []
        total = Decimal(0)
        for rung in rungs:
            total += rung.quantity
            lines.append(self._rung(rung, total, Tone.DIM if self.depth.is_old else tone))
        return lines

    def _rung(self, rung: Rung, total: Decimal, tone: Tone) -> Line:
        figures = Tone.DIM if self.depth.is_old else Tone.PLAIN
        spans = [
            Span(fitted(f"{self.glyphs.cursor}{number(rung.own)}" if rung.own else "", self.own), Tone.OWN),
            Span(fitted(number(rung.price, self.depth.places), self.price, Align.RIGHT), tone),
            Span(" "),
            Span(fitted(number(rung.quantity), self.quantity, Align.RIGHT), figures),
        ]
        if self.bar and self.most:
            spans += [Span(" "), Span(filled_bar(total, self.most, self.bar, self.glyphs), tone)]
        return tuple(spans)


def _spread(depth: Depth, width: int, glyphs: Glyphs) -> Line:
    """The spread in price and basis points, and which side weighs more."""
    if not depth.asks or not depth.bids:
        side = "asks" if depth.asks else "bids"
        return (Span(fitted(f"{side} only", width, Align.LEFT, glyphs), Tone.WARNING),)
    ask, bid = depth.asks[0].price, depth.bids[0].price
    basis_points = (ask - bid) / (ask + bid) * 20_000
    words = f"spread {number(ask - bid, depth.places)}, {number(basis_points, 2)} bps"
    imbalance = depth.imbalance
    if imbalance is not None:
        sign = glyphs.up if imbalance > 0 else glyphs.down if imbalance < 0 else glyphs.flat
        side = "bids" if imbalance > 0 else "asks"
        weight = f"{sign} {percent(abs(imbalance), 0, signed=False)} {side}" if imbalance else f"{sign} even"
        if len(words) + len(weight) + 2 <= width:
            words = f"{words}  {weight}"
    return (Span(fitted(words, width, Align.LEFT, glyphs), Tone.DIM if depth.is_old else Tone.STRONG),)


class Ladder(Picture):
    """A ladder as a widget, over its whole width and height."""

    DEFAULT_CSS = """
    Ladder { height: 1fr; }
    """

    _depth = Depth()

    def show(self, depth: Depth) -> None:
        """Show this book."""
        self._depth = depth
        self._redraw()

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        return ladder_lines(self._depth, width, height, self._glyphs)
