"""One cycle as its rows tell it: what was seen, asked, answered, checked and done, and what came of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tui_trader.core.ids import client_order_id
from tui_trader.core.money import plain
from tui_trader.core.records import (
    Action,
    CycleDecided,
    FiguresSeen,
    JsonObject,
    JsonValue,
    ModelAnswered,
    ModelAsked,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionClosed,
    Record,
    RiskJudged,
)
from tui_trader.core.words import ClientOrderId, CycleVerdict
from tui_trader.engine.audit_line import audit_line
from tui_trader.journal.ports import Row


class Part(StrEnum):
    """The parts of the story, in the order in which they are told."""

    SEEN = "seen"
    ASKED = "asked"
    ANSWERED = "answered"
    CHECKED = "checked"
    DONE = "done"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the cycle, the part of the story to which it belongs, and its text, several lines long."""

    part: Part
    row: Row
    text: str


def cycle_story(rows: Iterable[Row], cycle: int) -> tuple[Told, ...]:
    """All rows of the cycle, by part and in their order. Orders bring their later news, positions what they came to.

    Where no model was asked, the figures' row says who decided by them, and the decision's what the answer was.
    """
    told = list(_told(rows, cycle))
    order = list(Part)
    return tuple(sorted(told, key=lambda each: (order.index(each.part), each.row.seq)))


def _told(rows: Iterable[Row], cycle: int) -> Iterator[Told]:
    orders: set[ClientOrderId] = set()
    was_asked = False
    for row in rows:
        record = row.record
        if isinstance(record, OrderIntended) and record.intent.cycle == cycle:
            orders.add(client_order_id(row.hash))
        if not _belongs(record, cycle, orders):
            continue
        match record:
            case ModelAsked() as asked:
                was_asked = True
                yield Told(Part.SEEN, row, _seen(asked))
            case FiguresSeen(decider=decider) if not was_asked:
                yield Told(Part.ASKED, row, f"no model was asked: {decider} went by these figures")
            case CycleDecided(verdict=verdict) as decided if not was_asked and verdict is not CycleVerdict.SKIP:
                yield Told(Part.ANSWERED, row, _decided(decided))
            case _:
                pass
        yield Told(_part_of(record), row, _text(record, row))


def _belongs(record: Record, cycle: int, orders: set[ClientOrderId]) -> bool:
    match record:
        case OrderIntended(intent=intent):
            return intent.cycle == cycle
        case OrderChanged(client_order_id=order_id):
            return order_id in orders
        case OrderFilled(fill=fill):
            return fill.client_order_id in orders
        case _:
            return getattr(record, "cycle", None) == cycle


def _part_of(record: Record) -> Part:
    match record:
        case FiguresSeen():
            return Part.SEEN
        case ModelAsked():
            return Part.ASKED
        case ModelAnswered():
            return Part.ANSWERED
        case RiskJudged():
            return Part.CHECKED
        case CycleDecided() | PositionClosed():
            return Part.OUTCOME
        case _:
            return Part.DONE


def _text(record: Record, row: Row) -> str:
    match record:
        case FiguresSeen(digest=digest):
            return digest
        case ModelAsked() as asked:
            return _asked(asked)
        case ModelAnswered() as answered:
            return _answered(answered)
        case RiskJudged() as judged:
            return _judged(judged)
        case _:
            return audit_line(row).text


def _seen(asked: ModelAsked) -> str:
    """The figures: the last user message; what a model read in between is in what was asked."""
    users = [message for message in asked.messages if message.get("role") == "user"]
    return _words(users[-1].get("content")) if users else ""


def _asked(asked: ModelAsked) -> str:
    head = f"{asked.model}, prompt {asked.prompt_hash[:16]}, at most {plain(asked.reserved)} USD"
    return "\n".join([head, *(f"[{message.get('role')}] {_content(message)}" for message in asked.messages)])


def _content(message: JsonObject) -> str:
    calls = message.get("tool_calls")
    return _words(message.get("content")) if calls is None else _calls(calls)


def _decided(decided: CycleDecided) -> str:
    calls = [f"{action.tool} {_arguments(action)}" for action in decided.actions]
    return "\n".join([f"{decided.decider}: {decided.reason}", *calls])


def _arguments(action: Action) -> str:
    return " ".join(f"{name}={value}" for name, value in action.arguments.items())


def _answered(answered: ModelAnswered) -> str:
    cost = "unknown" if answered.cost is None else plain(answered.cost)
    usage = (
        f"{answered.input_tokens} tokens in ({answered.cached_tokens} cached, "
        f"{answered.cache_written_tokens} written), "
        f"{answered.output_tokens} out ({answered.reasoning_tokens} reasoning), {cost} USD"
        f"{' at most' if answered.estimated else ''}, {answered.milliseconds} ms"
    )
    lines = [f"{answered.model} {answered.fault or 'answered'}: {usage}", _calls(answered.tool_calls), answered.text]
    return "\n".join(filter(None, lines))


def _calls(calls: JsonValue) -> str:
    listed = calls if isinstance(calls, list | tuple) else ()
    return "\n".join(f"{call.get('name')} {call.get('arguments')}" for call in listed if isinstance(call, dict))


def _judged(judged: RiskJudged) -> str:
    lines = [f"{judged.verdict} {judged.tool} {judged.symbol} {judged.code} {judged.detail}".strip()]
    lines += [f"clamped by {c.code}: {plain(c.before)} to {plain(c.after)}" for c in judged.clamps]
    if judged.passed:
        lines.append(f"nothing against it: {', '.join(judged.passed)}")
    for limit, figures in judged.measured.items():
        if isinstance(figures, dict):
            used = figures["used"] if figures["used"] is not None else "-"
            lines.append(f"{limit}: {used} of {figures['limit']}")
    return "\n".join(lines)


def _words(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
