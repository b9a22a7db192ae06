"""What the owner may set: leverage, margin type and modes; and the listen key."""

from tui_trader.core.money import plain
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import ONE, Call, Endpoint, flat
from tui_trader.exchange.loopback.figures import Json, JsonObject
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.exchange.loopback.refusals import Refusal, refuse
from tui_trader.exchange.paper.margin import largest_notional
from tui_trader.exchange.ports import Refused, Uncertain

_DONE: JsonObject = {"code": 200, "msg": "success"}


async def set_leverage(call: Call) -> Json:
    """POST leverage."""
    symbol, leverage = call.params.symbol(), call.params.integer("leverage")
    instrument = call.floor.instrument(symbol)
    if leverage is None:
        raise refuse(-1102, "leverage")
    before = call.floor.state.books[symbol].leverage
    match await call.floor.paper.set_leverage(symbol, leverage):
        case Refused() as no:
            raise Refusal(no.code, no.text)
        case Uncertain() as doubt:
            raise Refusal(-1000, doubt.text, status=500)
        case None:
            pass
    if leverage != before:
        call.floor.users.tell(call.floor.newsroom.leverage_set(symbol, leverage))
    return {
        "symbol": symbol,
        "leverage": leverage,
        "maxNotionalValue": plain(largest_notional(instrument, leverage)),
    }


async def set_margin_type(call: Call) -> Json:
    """POST marginType."""
    symbol = call.params.symbol()
    call.floor.instrument(symbol)
    wanted = call.params.choice("marginType", MarginType)
    book = call.floor.state.books[symbol]
    if wanted is call.floor.margin_type(symbol):
        raise refuse(-4046)
    if any(True for _ in book.open_orders()) or any(a.symbol == symbol for a in call.floor.algos.open_orders()):
        raise refuse(-4047)
    if not book.position.is_flat:
        raise refuse(-4048)
    call.floor.set_margin_type(symbol, wanted)
    return _DONE


async def position_mode(call: Call) -> Json:
    """GET positionSide/dual."""
    return {"dualSidePosition": call.floor.reported.dual_side}


async def set_position_mode(call: Call) -> Json:
    """POST positionSide/dual: one-way is all there is."""
    call.params.required("dualSidePosition")
    wanted = call.params.flag("dualSidePosition")
    if wanted is call.floor.reported.dual_side:
        raise refuse(-4059)
    _refuse_while_used(call)
    if wanted:
        raise Refusal(-4060, "Invalid position side: the loopback exchange has one-way mode only.")
    call.floor.reported.dual_side = False
    return _DONE


async def assets_mode(call: Call) -> Json:
    """GET multiAssetsMargin."""
    return {"multiAssetsMargin": call.floor.reported.multi_assets}


async def set_assets_mode(call: Call) -> Json:
    """POST multiAssetsMargin: single-asset is all there is."""
    call.params.required("multiAssetsMargin")
    wanted = call.params.flag("multiAssetsMargin")
    if wanted is call.floor.reported.multi_assets:
        raise refuse(-4171)
    if wanted:
        raise Refusal(-4168, "The loopback exchange has single-asset mode only.")
    call.floor.reported.multi_assets = False
    return _DONE


async def open_listen_key(call: Call) -> Json:
    """POST listenKey."""
    return {"listenKey": call.floor.users.open()}


async def renew_listen_key(call: Call) -> Json:
    """PUT listenKey."""
    return {"listenKey": call.floor.users.renew()}


async def close_listen_key(call: Call) -> Json:
    """DELETE listenKey."""
    call.floor.users.close()
    return {}


def _refuse_while_used(call: Call) -> None:
    books = call.floor.state.books.values()
    if any(True for book in books for _ in book.open_orders()) or call.floor.algos.open_orders():
        raise refuse(-4067)
    if not all(book.position.is_flat for book in books):
        raise refuse(-4068)


_SIGNED = Security.SIGNED
_LISTEN_KEY = "/fapi/v1/listenKey"

ENDPOINTS = (
    Endpoint("POST", "/fapi/v1/leverage", _SIGNED, ONE, set_leverage),
    Endpoint("POST", "/fapi/v1/marginType", _SIGNED, ONE, set_margin_type),
    Endpoint("GET", "/fapi/v1/positionSide/dual", _SIGNED, flat(30), position_mode),
    Endpoint("POST", "/fapi/v1/positionSide/dual", _SIGNED, ONE, set_position_mode),
    Endpoint("GET", "/fapi/v1/multiAssetsMargin", _SIGNED, flat(30), assets_mode),
    Endpoint("POST", "/fapi/v1/multiAssetsMargin", _SIGNED, ONE, set_assets_mode),
    Endpoint("POST", _LISTEN_KEY, Security.KEY, ONE, open_listen_key),
    Endpoint("PUT", _LISTEN_KEY, Security.KEY, ONE, renew_listen_key),
    Endpoint("DELETE", _LISTEN_KEY, Security.KEY, ONE, close_listen_key),
)
