"""The questions: flatten, resume, quit. Each lists what its answer would touch."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from tui_trader.core.money import plain
from tui_trader.core.order import Order
from tui_trader.core.words import TradingState
from tui_trader.engine.views import BreakerView, PositionView, StatusView
from tui_trader.tui.screens.adopting import foreign_lines
from tui_trader.tui.screens.dialog import Confirmation, Dialog, bullet
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.tone import Line, Span, Tone

_LOOK_EVERY = 0.5
_MOST_LISTED = 10
"""Lines of a list; at 80x24 there is room for no more."""
LONGEST_REASON = 280
"""As the command has it."""


class FlattenDialog(Confirmation):
    """Flatten? Its lists follow the engine while it is open."""

    TITLE = "flatten"
    KEYS_LINE = "y  flatten now    n, escape  leave everything as it is"
    IS_DANGEROUS = True

    def __init__(self, status: Callable[[], StatusView | None], glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._status = status

    def on_mount(self) -> None:
        """List, and keep listing."""
        self._list()
        self.set_interval(_LOOK_EVERY, self._list)

    def _list(self) -> None:
        status = self._status()
        if status is None:
            self.words.say("Nothing is known of the account yet; flatten cancels and closes whatever there is.")
            return
        self.words.show(flatten_lines(status))


def flatten_lines(status: StatusView) -> tuple[Line, ...]:
    """What a flatten would close and cancel."""
    closing = [bullet(position_line(position), Tone.STRONG) for position in status.positions]
    cancelling = [bullet(order_line(order)) for order in status.orders]
    lines: list[Line] = [(Span("Close at market, reduce-only:", Tone.TITLE),)]
    lines += _at_most(closing, _MOST_LISTED // 2) or [bullet("nothing is held", Tone.DIM)]
    lines.append((Span("Cancel:", Tone.TITLE),))
    lines += _at_most(cancelling, _MOST_LISTED - min(len(closing), _MOST_LISTED // 2)) or [
        bullet("no order works", Tone.DIM)
    ]
    if others := foreign_lines(status):
        lines.append((Span("Close and cancel, though not ours:", Tone.TITLE),))
        lines += _at_most(others, _MOST_LISTED // 3)
    lines.append((Span("Then it is verified that nothing is left. Trading state stays as it is.", Tone.DIM),))
    return tuple(lines)


def _at_most(lines: list[Line], most: int) -> list[Line]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], bullet(f"and {len(lines) - most + 1} more", Tone.DIM)]


def position_line(position: PositionView) -> str:
    """A position in a line."""
    word = "long" if position.quantity > 0 else "short"
    gain = f", {number(position.unrealised, 2, signed=True)}" if position.unrealised is not None else ""
    return f"{position.symbol} {word} {plain(abs(position.quantity))} from {number(position.entry_price)}{gain}"


def order_line(order: Order) -> str:
    """An order in a line."""
    intent = order.intent
    price = intent.price if intent.price is not None else intent.stop_price
    size = "all" if intent.close_position else plain(intent.quantity)
    at = f" at {number(price)}" if price is not None else ""
    return f"{intent.symbol} {intent.purpose.value.replace('_', ' ')} {intent.side.value} {size}{at}"


class QuitDialog(Confirmation):
    """Quit with a position open? What is open follows the engine."""

    TITLE = "quit"
    KEYS_LINE = "y  quit    n, escape  stay"

    def __init__(self, status: Callable[[], StatusView | None], glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._status = status

    def on_mount(self) -> None:
        """What stays, and what does not; kept up to date."""
        self._list()
        self.set_interval(_LOOK_EVERY, self._list)

    def _list(self) -> None:
        status = self._status()
        held = status.positions if status is not None else ()
        naked = [position for position in held if position.stop_price is None]
        lines: list[Line] = [(Span("Open:", Tone.TITLE),)]
        lines += _at_most([bullet(_with_stop(position), Tone.STRONG) for position in held], _MOST_LISTED // 2) or [
            bullet("nothing is held any more", Tone.DIM)
        ]
        lines.append((Span("Quitting stops the trader. Working entries are cancelled;", Tone.PLAIN),))
        lines.append((Span("stops stay on the exchange, and nobody moves them until the next start."),))
        if naked:
            lines.append((Span(f"{len(naked)} without a stop: flatten first.", Tone.DANGER),))
        self.words.show(lines)


def _with_stop(position: PositionView) -> str:
    stop = f", stop {number(position.stop_price)}" if position.stop_price is not None else ", NO STOP"
    return f"{position_line(position)}{stop}"


def _opened(breaker: BreakerView) -> tuple[Line, ...]:
    """Which breaker, and why it opened."""
    name = f"{breaker.scope.value} {breaker.cause.value.replace('_', ' ')}"
    return ((Span("BREAKER", Tone.WARNING, badge=True), Span(f" {name}")), bullet(breaker.reason))


class ResumeDialog(Dialog[str]):
    """Why may trading go on? The reason is journalled; without one nothing happens."""

    TITLE = "resume"
    KEYS_LINE = "enter  resume    escape  leave it    F9, ctrl+g  halt"
    AUTO_FOCUS = "Input"

    def __init__(self, state: TradingState, status: StatusView, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._state = state
        self._status = status
        self._complaint = Prose(glyphs=glyphs, classes="complaint")

    def compose_more(self) -> ComposeResult:
        """Where the reason is typed."""
        reason = Input(placeholder="why trading may go on", max_length=LONGEST_REASON, classes="reason")
        reason.cursor_blink = False
        yield reason
        yield self._complaint

    def on_mount(self) -> None:
        """Why it was halted, and which breakers are open, is said before anybody lifts it."""
        opened = self._status.breakers[: _MOST_LISTED // 2]
        lines: list[Line] = [line for breaker in opened for line in _opened(breaker)]
        if self._state is not TradingState.ACTIVE:
            tone = Tone.DANGER if self._state is TradingState.HALTED else Tone.WARNING
            why = self._status.reason or "no reason was given"
            lines.insert(0, (Span(self._state.value, tone, badge=True), Span(f" {why}")))
            lines += self._changes()
            lines.append((Span("Day loss and drawdown begin anew from the equity of this moment.", Tone.DIM),))
        self.words.show(lines)

    def _changes(self) -> list[Line]:
        """What is otherwise than it was at the halt."""
        if self._status.since_halt is None:
            return []
        first, *more = self._status.since_halt.told
        return [(Span(first, Tone.TITLE),), *_at_most([bullet(line) for line in more], _MOST_LISTED // 2)]

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        reason = event.value.strip()
        if not reason:
            self._complaint.say("a reason is needed", Tone.DANGER)
        elif self.can_be_read:
            self.dismiss(reason)
