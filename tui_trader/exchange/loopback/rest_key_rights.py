"""What the key may do, as production says it under /sapi."""

from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import ONE, Call, Endpoint
from tui_trader.exchange.loopback.figures import Json, ms
from tui_trader.exchange.loopback.refusals import Refusal


async def permissions(call: Call) -> Json:
    """GET /sapi apiRestrictions; 403 where there is no /sapi, as in demo."""
    if not call.floor.options.offers_permissions:
        raise Refusal(0, "Forbidden: this environment has no /sapi.", status=403)
    granted = call.floor.granted
    return {
        "ipRestrict": granted.ip_restrict,
        "createTime": ms(call.now),
        "enableReading": True,
        "enableFutures": granted.futures,
        "enableWithdrawals": granted.withdrawals,
        "enableInternalTransfer": granted.internal_transfer,
        "permitsUniversalTransfer": granted.universal_transfer,
        "enableMargin": False,
        "enableSpotAndMarginTrading": False,
        "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False,
    }


ENDPOINTS = (Endpoint("GET", "/sapi/v1/account/apiRestrictions", Security.SIGNED, ONE, permissions),)
