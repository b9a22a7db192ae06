"""What a person reads of a proposed entry, on the card and in the dialog: stake, reason, and the time that is left."""

from decimal import Decimal

from tui_trader.core.clock import Instant
from tui_trader.core.money import plain
from tui_trader.core.order import TimeInForce
from tui_trader.core.words import Side
from tui_trader.engine.views import Question
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.tone import Line, Span, Tone

_HURRY = 60
"""Seconds below which the countdown stands out."""


def card_lines(questions: tuple[Question, ...], now: Instant) -> tuple[Line, ...]:
    """The oldest question in four lines; nothing where none waits."""
    if not questions:
        return ()
    question = questions[0]
    of = f"  1 of {len(questions)}" if len(questions) > 1 else ""
    head: Line = (
        Span(f" APPROVE? {question.id} ", Tone.WARNING, badge=True),
        Span(f" {wish(question)} "),
        countdown(question, now),
        Span(of, Tone.DIM),
    )
    reason = question.proposed.reason or "no reason given"
    answer: Line = (
        Span("a", Tone.STRONG),
        Span(" approve  "),
        Span("n", Tone.STRONG),
        Span(" reject  ", Tone.PLAIN),
        Span(f"why: {reason}", Tone.DIM),
    )
    return (head, *stake_lines(question), answer)


def wish(question: Question) -> str:
    """What would be sent."""
    intent = question.proposed.intent
    bound = "up to" if intent.side is Side.BUY else "down to"
    word = bound if intent.time_in_force is TimeInForce.IOC else "at limit"
    return f"{intent.side.value} {plain(intent.quantity)} {intent.symbol} {word} {number(intent.price)}"


def countdown(question: Question, now: Instant) -> Span:
    """How long the question still waits."""
    left = max(0, int(question.seconds_left(now)))
    tone = Tone.DANGER if left < _HURRY else Tone.STRONG
    return Span(f"{left // 60}:{left % 60:02} left", tone)


def stake_lines(question: Question) -> tuple[Line, ...]:
    """Worth and prices; then what can be lost, and how far liquidation is."""
    card, protection = question.proposed.card, question.proposed.intent.protection
    stop = number(protection.stop_price) if protection else "none"
    target = number(protection.take_profit_price) if protection else "none"
    worth = f"worth {number(card.notional, 2)}, {_pct(card.equity_share_pct)} of equity"
    closes = f", closes {plain(card.reverses)} first" if card.reverses else ""
    return (
        (Span(f"{worth}; stop {stop} ({number(card.stop_distance_bps, 0)} bps), target {target}{closes}"),),
        (
            Span("at most "),
            Span(number(card.max_loss, 2), Tone.STRONG),
            Span(f" to lose at the stop, fees of {number(card.fees, 2)} in it; {_liquidation(question)}"),
        ),
    )


def _liquidation(question: Question) -> str:
    card = question.proposed.card
    if card.liquidation_price is None or card.liquidation_distance_pct is None:
        return "no liquidation price"
    return f"liquidation {_pct(card.liquidation_distance_pct)} away"


def _pct(figure: Decimal) -> str:
    return f"{number(figure, 1)}%"
