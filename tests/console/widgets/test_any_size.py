"""No size breaks a widget: a terminal is resized by dragging, and passes through one cell on the way."""

import pytest

from tests.console.widgets.gallery import Gallery
from tui_trader.tui.widgets.glyphs import ASCII, UNICODE, Glyphs


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_every_size_is_drawn(glyphs: Glyphs) -> None:
    app = Gallery(glyphs)
    async with app.run_test(size=(118, 40)) as pilot:
        for size in [(1, 1), (2, 3), (7, 30), (20, 5), (78, 22), (300, 90)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            painted = [strip.text for strip in app.screen._compositor.render_strips()]
            assert len(painted) == size[1]
            assert all(strip.cell_length == size[0] for strip in app.screen._compositor.render_strips())
        await pilot.resize_terminal(118, 40)
        await pilot.pause()
        assert app.tail.follows
        assert app.tail.render_line(app.tail.size.height - 1).text.rstrip().endswith("entry 59")
