"""What stands on the order ticket: the fields as typed, the order that they mean, and the gate's word in lines."""

from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation

from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.engine.commands import Reply
from tui_trader.engine.order_size import size_of
from tui_trader.tui.widgets.format import MISSING, number
from tui_trader.tui.widgets.tone import Line, Span, Tone


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the ticket."""

    name: str
    label: str
    hint: str


FIELDS = (
    Field("symbol", "symbol", "such as BTCUSDT"),
    Field("size", "size", "0.05, 500USDT or 0.5%"),
    Field("limit", "limit", "empty: at the market"),
    Field("stop", "stop", "every entry needs one"),
    Field("take_profit", "target", "take-profit price"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is typed so far."""

    symbol: str = ""
    side: str = "BUY"
    size: str = ""
    limit: str = ""
    stop: str = ""
    take_profit: str = ""

    def with_field(self, name: str, value: str) -> "Draft":
        """The same with this field changed; `name` is one of FIELDS."""
        changed: dict[str, str] = {name: value}
        return replace(self, **changed)

    def turned(self) -> "Draft":
        """The same on the other side."""
        return replace(self, side="SELL" if self.side == "BUY" else "BUY")


def order_fields(draft: Draft) -> JsonObject:
    """The fields of the order's command. Raises ValueError with a sentence for what cannot be read yet."""
    if not draft.symbol.strip():
        raise ValueError("which symbol?")
    if not draft.size.strip():
        raise ValueError("how much? A quantity (0.05), a worth (500USDT) or a risk (0.5%)")
    sizes: dict[str, JsonValue] = {name: str(size) for name, size in asdict(size_of(draft.size)).items() if size}
    prices = {name: _price(name, getattr(draft, name)) for name in ("limit", "stop", "take_profit")}
    return {"symbol": draft.symbol.strip().upper(), "side": draft.side, **sizes, **prices}


def _price(name: str, text: str) -> str | None:
    if not text.strip():
        return None
    try:
        price = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price <= 0:
        raise ValueError(f"{name.replace('_', '-')}: {text!r} is no price")
    return str(price)


def draft_line(draft: Draft) -> Line:
    """Side and symbol, so that they are read before anything else."""
    tone = Tone.BID if draft.side == "BUY" else Tone.ASK
    at = f"at {draft.limit.strip()}" if draft.limit.strip() else "at the market"
    words = " ".join(filter(None, (draft.size.strip(), draft.symbol.strip().upper(), at)))
    return (Span(f" {draft.side} ", tone, badge=True), Span(f" {words}", Tone.STRONG))


def check_lines(draft: Draft, reply: Reply | None) -> tuple[Line, ...]:
    """Why nothing can be asked yet, or what the gate says and what would be at stake. Five lines in every case."""
    lines = _lines(draft, reply)
    blank: Line = (Span(" "),)
    return (*lines, *(blank for _ in range(5 - len(lines))))


def _lines(draft: Draft, reply: Reply | None) -> tuple[Line, ...]:
    try:
        order_fields(draft)
    except ValueError as missing:
        return ((Span(str(missing), Tone.DIM),),)
    if reply is None:
        return ((Span("asking the gate ...", Tone.DIM),),)
    if not reply.done:
        return (
            (Span(" DENIED ", Tone.DANGER, badge=True), Span(f" {reply.code}", Tone.STRONG)),
            (Span(reply.text),),
        )
    return (_verdict(reply.result), *_stake(reply.result))


def _verdict(result: JsonObject) -> Line:
    if result.get("verdict") != "shrink":
        return (Span(" ALLOWED ", Tone.UP, badge=True), Span(" the gate would let it through"))
    return (
        Span(" MADE SMALLER ", Tone.WARNING, badge=True),
        Span(f" to {_figure(result, 'quantity')}: {', '.join(_clamps(result))}"),
    )


def _clamps(result: JsonObject) -> list[str]:
    clamps = result.get("clamps")
    found = [clamp for clamp in clamps if isinstance(clamp, dict)] if isinstance(clamps, list) else []
    return [str(clamp.get("code")) for clamp in found] or ["by a limit"]


def _stake(result: JsonObject) -> tuple[Line, ...]:
    if "max_loss" not in result:
        return ()
    closes = f", closes {result['reverses']} first" if result.get("reverses") not in (None, "0") else ""
    return (
        (
            Span(
                f"{_figure(result, 'quantity')} worth {_figure(result, 'notional', 2)}, "
                f"{_figure(result, 'equity_share_pct', 1)}% of equity{closes}"
            ),
        ),
        (
            Span("at most "),
            Span(_figure(result, "max_loss", 2), Tone.STRONG),
            Span(
                f" to lose at the stop ({_figure(result, 'stop_distance_bps', 0)} bps away), "
                f"fees of {_figure(result, 'fees', 2)} in it"
            ),
        ),
        (Span(_liquidation(result), Tone.DIM),),
    )


def _liquidation(result: JsonObject) -> str:
    if result.get("liquidation_price") is None:
        return "no liquidation price"
    return (
        f"liquidation at {_figure(result, 'liquidation_price')}, {_figure(result, 'liquidation_distance_pct', 1)}% away"
    )


def _figure(result: JsonObject, name: str, places: int | None = None) -> str:
    value = result.get(name)
    return number(value, places) if isinstance(value, str) else MISSING
