"""The ladder shows the book as it is: the touch in the middle, sums outwards, one's own orders, the spread."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tui.drawing import texts_of
from tui_trader.tui.widgets.glyphs import ASCII, UNICODE
from tui_trader.tui.widgets.ladder import Depth, Rung, grouped, ladder_lines
from tui_trader.tui.widgets.tone import Tone

D = Decimal
_ASKS = (Rung(D("100.1"), D("1")), Rung(D("100.2"), D("3"), own=D("0.5")), Rung(D("100.4"), D("4")))
_BIDS = (Rung(D("100.0"), D("2")), Rung(D("99.9"), D("2")))
_DEPTH = Depth(bids=_BIDS, asks=_ASKS, places=1)


def test_asks_stand_above_and_bids_below_the_spread() -> None:
    assert texts_of(ladder_lines(_DEPTH, 44, 7, ASCII)) == [
        "     100.4 4 ###############################",
        ">0.5 100.2 3 ###############",
        "     100.1 1 ###",
        "spread 0.1, 10.00 bps  v 33% asks           ",
        "     100.0 2 #######",
        "      99.9 2 ###############",
    ]


def test_a_short_side_leaves_the_spread_where_it_is() -> None:
    lines = texts_of(ladder_lines(Depth(bids=_BIDS, asks=_ASKS[:1], places=1), 40, 7, ASCII))
    assert lines[:2] == ["", ""]
    assert lines[3].startswith("spread")


def test_one_side_only_is_said() -> None:
    assert texts_of(ladder_lines(Depth(bids=_BIDS, places=1), 12, 3, ASCII))[1] == "bids only   "
    assert ladder_lines(Depth(), 12, 3) == ()


def test_what_is_old_is_dim() -> None:
    old = ladder_lines(Depth(bids=_BIDS, asks=_ASKS, places=1, is_old=True), 44, 7)
    tones = {span.tone for line in old for span in line if span.text.strip() and span.tone is not Tone.OWN}
    assert tones == {Tone.DIM}


def test_the_bar_gives_way_before_a_figure_does() -> None:
    assert texts_of(ladder_lines(_DEPTH, 12, 3, ASCII))[0] == "100.1 1 ##"
    assert texts_of(ladder_lines(_DEPTH, 11, 3, ASCII))[0] == "100.1 1"


def test_groups_never_look_better_than_the_book() -> None:
    assert grouped(_ASKS, D("0.5"), upwards=True) == (Rung(D("100.5"), D(8), own=D("0.5")),)
    assert grouped(_BIDS, D("0.5"), upwards=False) == (Rung(D("100.0"), D(2)), Rung(D("99.5"), D(2)))


_RUNGS = st.lists(st.tuples(st.decimals(1, 1000, places=2), st.decimals("0.001", 1000, places=3)), max_size=20)


@given(_RUNGS, st.sampled_from([D("0.1"), D("0.5"), D(1), D(10)]), st.booleans())
def test_groups_keep_every_quantity(levels: list[tuple[D, D]], step: D, upwards: bool) -> None:
    rungs = [Rung(price, quantity) for price, quantity in sorted(levels, reverse=not upwards)]
    groups = grouped(rungs, step, upwards=upwards)
    assert sum(rung.quantity for rung in groups) == sum(rung.quantity for rung in rungs)
    assert len({rung.price for rung in groups}) == len(groups)
    assert all(rung.price % step == 0 for rung in groups)


@given(_RUNGS, _RUNGS, st.integers(0, 60), st.integers(0, 20))
def test_any_book_is_drawn_at_any_size(
    asks: list[tuple[D, D]], bids: list[tuple[D, D]], width: int, height: int
) -> None:
    depth = Depth(
        asks=tuple(Rung(price, quantity) for price, quantity in sorted(asks)),
        bids=tuple(Rung(price, quantity) for price, quantity in sorted(bids, reverse=True)),
    )
    for glyphs in (UNICODE, ASCII):
        lines = texts_of(ladder_lines(depth, width, height, glyphs))
        assert len(lines) <= height
        assert not glyphs.is_ascii or all(line.isascii() for line in lines)
