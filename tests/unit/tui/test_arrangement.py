"""At every size the panes fill the board without covering one another, and what one must not miss is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.tui.screens.arrangement import PaneName, arrangement

_ALWAYS = {PaneName.MARKET, PaneName.POSITIONS, PaneName.DECISION, PaneName.AUDIT}


@given(st.integers(80, 400), st.integers(21, 150))
def test_no_pane_covers_another_and_no_cell_is_left(width: int, height: int) -> None:
    places = arrangement(width, height)
    assert places.keys() >= _ALWAYS
    cells = 0
    regions = list(places.values())
    for index, region in enumerate(regions):
        assert region.x >= 0
        assert region.y >= 0
        assert region.right <= width
        assert region.bottom <= height
        assert region.width >= 20
        assert region.height >= 4
        assert not any(region.overlaps(other) for other in regions[index + 1 :])
        cells += region.area
    gutters = width * height - cells
    assert gutters in (0, *range(height + 1)), "at most one column between two panes"


@pytest.mark.parametrize(
    ("size", "more"),
    [
        ((80, 21), set()),
        ((80, 57), {PaneName.CHART, PaneName.LIMITS}),
        ((120, 37), {PaneName.CHART, PaneName.BOOK, PaneName.LIMITS}),
        ((200, 57), {PaneName.CHART, PaneName.BOOK, PaneName.LIMITS}),
    ],
)
def test_more_room_shows_more(size: tuple[int, int], more: set[PaneName]) -> None:
    assert arrangement(*size).keys() == _ALWAYS | more
