"""The account: balance, positions, brackets and limits."""

from tui_trader.core.money import plain
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.account_json import risk_v2, risk_v3
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import FIVE, ONE, Call, Endpoint, by_symbol, flat
from tui_trader.exchange.loopback.figures import Json, ms
from tui_trader.exchange.loopback.floor import FEES
from tui_trader.exchange.loopback.instrument_json import brackets, order_limits
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.exchange.paper.margin import largest_notional


async def account_v3(call: Call) -> Json:
    """GET v3/account."""
    return call.floor.account().v3()


async def account_v2(call: Call) -> Json:
    """GET v2/account."""
    return call.floor.account().v2()


async def balance(call: Call) -> Json:
    """GET balance."""
    return call.floor.account().balances()


async def risk_in_use(call: Call) -> Json:
    """GET v3/positionRisk: symbols with a position or an order."""
    wanted = _wanted(call)
    return [risk_v3(held) for held in call.floor.account().held() if held.is_used and held.book.symbol in wanted]


async def risk_of_all(call: Call) -> Json:
    """GET v2/positionRisk: every symbol."""
    wanted, floor = _wanted(call), call.floor
    words = {MarginType.ISOLATED: "isolated", MarginType.CROSSED: "cross"}
    return [
        risk_v2(held, words[floor.margin_type(held.book.symbol)])
        for held in floor.account().held()
        if held.book.symbol in wanted
    ]


async def account_config(call: Call) -> Json:
    """GET accountConfig."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "dualSidePosition": call.floor.reported.dual_side,
        "updateTime": 0,
        "multiAssetsMargin": call.floor.reported.multi_assets,
        "tradeGroupId": -1,
    }


async def symbol_config(call: Call) -> Json:
    """GET symbolConfig."""
    floor = call.floor
    return [
        {
            "symbol": symbol,
            "marginType": floor.margin_type(symbol).value,
            "isAutoAddMargin": False,
            "leverage": floor.state.books[symbol].leverage,
            "maxNotionalValue": plain(largest_notional(floor.instrument(symbol), floor.state.books[symbol].leverage)),
        }
        for symbol in _wanted(call)
    ]


async def leverage_brackets(call: Call) -> Json:
    """GET leverageBracket."""
    return [brackets(call.floor.instrument(symbol)) for symbol in _wanted(call)]


async def commission_rate(call: Call) -> Json:
    """GET commissionRate."""
    symbol = call.params.symbol()
    call.floor.instrument(symbol)
    return {
        "symbol": symbol,
        "makerCommissionRate": plain(FEES.maker),
        "takerCommissionRate": plain(FEES.taker),
        "rpiCommissionRate": "0",
    }


async def trading_status(call: Call) -> Json:
    """GET apiTradingStatus: no rule is broken here."""
    return {"indicators": {}, "updateTime": ms(call.now)}


async def order_rate_limit(call: Call) -> Json:
    """GET rateLimit/order."""
    return order_limits(call.floor.options.limits)


def _wanted(call: Call) -> tuple[Symbol, ...]:
    if call.params.text("symbol") is None:
        return tuple(call.floor.tapes)
    symbol = call.params.symbol()
    call.floor.instrument(symbol)
    return (symbol,)


_SIGNED = Security.SIGNED

ENDPOINTS = (
    Endpoint("GET", "/fapi/v3/account", _SIGNED, FIVE, account_v3),
    Endpoint("GET", "/fapi/v2/account", _SIGNED, FIVE, account_v2),
    Endpoint("GET", "/fapi/v3/balance", _SIGNED, FIVE, balance),
    Endpoint("GET", "/fapi/v2/balance", _SIGNED, FIVE, balance),
    Endpoint("GET", "/fapi/v3/positionRisk", _SIGNED, FIVE, risk_in_use),
    Endpoint("GET", "/fapi/v2/positionRisk", _SIGNED, FIVE, risk_of_all),
    Endpoint("GET", "/fapi/v1/accountConfig", _SIGNED, FIVE, account_config),
    Endpoint("GET", "/fapi/v1/symbolConfig", _SIGNED, FIVE, symbol_config),
    Endpoint("GET", "/fapi/v1/leverageBracket", _SIGNED, by_symbol(1, 2), leverage_brackets),
    Endpoint("GET", "/fapi/v1/commissionRate", _SIGNED, flat(20), commission_rate),
    Endpoint("GET", "/fapi/v1/apiTradingStatus", _SIGNED, by_symbol(1, 10), trading_status),
    Endpoint("GET", "/fapi/v1/rateLimit/order", _SIGNED, ONE, order_rate_limit),
)
