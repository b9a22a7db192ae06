"""The margin of a position: what is added or taken away by hand, and when that was."""

from enum import Enum

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money, to_balance
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import ONE, Call, Endpoint
from tui_trader.exchange.loopback.figures import Json, money, ms, number
from tui_trader.exchange.loopback.order_entry import check_position_side
from tui_trader.exchange.loopback.refusals import Refusal, refuse
from tui_trader.exchange.loopback.store import MarginMove
from tui_trader.exchange.ports import Refused, Uncertain

_EVER = Instant((1 << 63) - 1)


class _Direction(Enum):
    """As the wire numbers them."""

    ADDED = 1
    TAKEN = 2

    @classmethod
    def of(cls, amount: Money) -> "_Direction":
        return cls.ADDED if amount > 0 else cls.TAKEN


async def move_margin(call: Call) -> Json:
    """POST positionMargin."""
    floor, params = call.floor, call.params
    symbol, asked = params.symbol(), params.decimal("amount")
    floor.instrument(symbol)
    direction = _direction(call)
    if direction is None:
        raise refuse(-1102, "type")
    if asked is None:
        raise refuse(-1102, "amount")
    check_position_side(params)
    if asked <= 0:
        raise refuse(-4055)
    if asked != to_balance(asked):
        raise refuse(-1111)
    amount = asked if direction is _Direction.ADDED else -asked
    match await floor.paper.move_margin(symbol, amount):
        case Refused() as no:
            raise Refusal(no.code, no.text)
        case Uncertain() as doubt:
            raise Refusal(-1000, doubt.text, status=500)
        case None:
            pass
    floor.store.put_margin_move(MarginMove(symbol, amount, floor.clock.now()))
    floor.users.tell(floor.newsroom.account_update("MARGIN_TRANSFER", [symbol]))
    return {
        "amount": number(asked),
        "code": 200,
        "msg": "Successfully modify position margin.",
        "type": direction.value,
    }


async def margin_moves(call: Call) -> Json:
    """GET positionMargin/history: oldest first, the newest `limit` of them."""
    params, direction = call.params, _direction(call)
    symbol, limit = params.symbol(), params.within("limit", 500, 1000)
    asset = call.floor.instrument(symbol).quote
    begin, end = params.instant("startTime", Instant(0)), params.instant("endTime", _EVER)
    found = [
        move
        for move in call.floor.store.margin_moves(symbol)
        if begin <= move.time <= end and direction in (None, _Direction.of(move.amount))
    ]
    return [
        {
            "symbol": move.symbol,
            "type": _Direction.of(move.amount).value,
            "deltaType": "USER_ADJUST",
            "amount": money(abs(move.amount)),
            "asset": asset,
            "time": ms(move.time),
            "positionSide": "BOTH",
        }
        for move in found[-limit:]
    ]


def _direction(call: Call) -> _Direction | None:
    asked = call.params.integer("type")
    if asked not in (None, 1, 2):
        raise refuse(-1130, "type")
    return None if asked is None else _Direction(asked)


_SIGNED = Security.SIGNED

ENDPOINTS = (
    Endpoint("POST", "/fapi/v1/positionMargin", _SIGNED, ONE, move_margin),
    Endpoint("GET", "/fapi/v1/positionMargin/history", _SIGNED, ONE, margin_moves),
)
