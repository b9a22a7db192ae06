"""What screens have in common: classes for their size, and what is shown where a terminal is too small."""

from textual.screen import Screen, ScreenResultType

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
TOO_SMALL = f"terminal too small ({LEAST_WIDTH}x{LEAST_HEIGHT} needed)"

WIDTHS = [(0, "-too-narrow"), (LEAST_WIDTH, "-narrow"), (110, "-medium"), (180, "-wide")]
HEIGHTS = [(0, "-too-short"), (LEAST_HEIGHT, "-short"), (34, "-mid"), (50, "-tall")]


def is_too_small(screen: Screen[ScreenResultType]) -> bool:
    """Whether the screen cannot show what matters. Halting works all the same."""
    width, height = screen.app.size
    return width < LEAST_WIDTH or height < LEAST_HEIGHT
