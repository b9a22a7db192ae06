"""The question whether what somebody else holds is taken over, and whether their orders go."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_trader.core.reconciliation import Difference, DifferenceVerdict
from tui_trader.core.words import Symbol
from tui_trader.engine.commands import Adopt
from tui_trader.engine.views import StatusView
from tui_trader.tui.screens.dialog import Dialog, bullet
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.tone import Line, Span, Tone

_LOOK_EVERY = 0.5


def foreign_lines(status: StatusView, symbol: Symbol | None = None) -> list[Line]:
    """What others hold and work, a line a difference; of one symbol, if given."""
    return [bullet(_said(each), Tone.WARNING) for each in _foreign(status) if symbol in (None, each.symbol)]


def foreign_symbol(status: StatusView) -> Symbol | None:
    """Where others are: first where they hold something."""
    return next((each.symbol for each in _foreign(status)), None)


def _foreign(status: StatusView) -> list[Difference]:
    found = [each for each in status.reconciliation.differences if each.verdict is DifferenceVerdict.COUNTED]
    return sorted(found, key=lambda each: each.kind.value, reverse=True)  # positions before orders


def _said(difference: Difference) -> str:
    return f"{difference.symbol} {difference.kind.value.replace('_', ' ')}: {difference.theirs}"


class AdoptDialog(Dialog[Adopt]):
    """Take it over? It is about one symbol; what is there follows the engine while it is open."""

    TITLE = "take over"
    KEYS_LINE = "y  take over, their orders stay    x  take over, cancel their orders    n, escape  leave it"
    IS_DANGEROUS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "adopt(False)", "Yes", show=False),
        Binding("x", "adopt(True)", "Yes, orders go", show=False),
        Binding("n,q", "leave", "No", show=False),
    ]

    def __init__(self, symbol: Symbol, status: Callable[[], StatusView | None], glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._symbol = symbol
        self._status = status

    def on_mount(self) -> None:
        """List, and keep listing."""
        self._list()
        self.set_interval(_LOOK_EVERY, self._list)

    def _list(self) -> None:
        status = self._status()
        found = foreign_lines(status, self._symbol) if status is not None else []
        self.words.show(
            (
                (Span("Not ours, and counted in every limit:", Tone.TITLE),),
                *(found or [bullet("nothing any more", Tone.DIM)]),
                (Span("A stop is placed where the policy has it and read back; then the position is ours."),),
                (Span("Another price for the stop: tui-trader adopt SYMBOL --stop PRICE.", Tone.DIM),),
            )
        )

    def action_adopt(self, cancel_orders: bool) -> None:
        """Yes, if it can be read."""
        if self.can_be_read:
            self.dismiss(Adopt(symbol=self._symbol, cancel_orders=cancel_orders))
