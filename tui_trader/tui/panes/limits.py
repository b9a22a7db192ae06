"""The limits pane: how much of each limit of the account is used, and how far it is from tripping."""

from decimal import Decimal
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from tui_trader.engine import views
from tui_trader.engine.views import LimitsView
from tui_trader.tui.panes.pane import Pane, Source
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.gauge import Gauges, Reading

_GAUGED = {
    "max_gross_notional": "gross notional",
    "max_leverage": "leverage",
    "max_daily_loss_pct": "day loss %",
    "max_drawdown_pct": "drawdown %",
    "max_consecutive_losses": "losses in a row",
    "max_entries_per_day": "entries today",
    "max_usd_per_hour": "model spend $/h",
    "max_usd_per_day": "model spend $",
    "max_usd_per_month": "model spend $/mo",
}
"""The limits of the whole account that fill up as one trades, in this order."""


class LimitsPane(Pane, can_focus=True):
    """Twice a second."""

    KEYS: ClassVar = (views.LIMITS,)
    EVERY: ClassVar = 0.5

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="limits", key="7")
        self._gauges = Gauges(glyphs=source.glyphs, id="gauges")

    def compose(self) -> ComposeResult:
        """The gauges."""
        yield self._gauges

    @property
    def reader(self) -> Widget:
        """The pane itself."""
        return self

    def draw(self) -> None:
        """All gauges that there is room for, in the order of their weight."""
        limits = self.view(views.LIMITS, LimitsView)
        if limits is not None:
            self._gauges.show(*limit_readings(limits))


def limit_readings(limits: LimitsView) -> tuple[Reading, ...]:
    """How much of each of these limits is used."""
    rows = {row.limit: row for row in limits.rows if row.symbol is None}
    return tuple(
        Reading(
            label=label,
            value=row.used,
            limit=row.value,
            text=f"{_short(row.used)} of {_short(row.value)}",
        )
        for limit, label in _GAUGED.items()
        if (row := rows.get(limit)) is not None
    )


def _short(figure: Decimal | None) -> str:
    """Counts without decimals, all else with two."""
    return number(figure, 0 if figure is not None and figure == figure.to_integral_value() else 2)
