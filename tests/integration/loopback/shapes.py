"""The shapes of answers and events: which fields there are, and of which JSON type. Decimals are text."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = Mapping[str, str]

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _fields(**kinds: str) -> dict[str, str]:
    """Kind to field names, as field name to kind."""
    return {name: kind for kind, names in kinds.items() for name in names.split()}


ACK = _fields(
    integer="orderId goodTillDate updateTime",
    decimal="price origQty executedQty cumQty stopPrice",
    text="symbol status clientOrderId timeInForce type side positionSide workingType origType priceMatch "
    "selfTradePreventionMode",
    boolean="reduceOnly closePosition priceProtect",
)
ORDER = {
    **{name: kind for name, kind in ACK.items() if name != "cumQty"},
    **_fields(integer="time", decimal="avgPrice cumQuote"),
}
LISTED = {**ORDER, **_fields(decimal="cumBase", text="pair")}
AMENDED = {**ACK, "pair": "text", "modifyId": "integer"}
ALGO = _fields(
    integer="algoId createTime updateTime triggerTime goodTillDate",
    decimal="quantity triggerPrice price",
    text="clientAlgoId algoType orderType symbol side positionSide timeInForce algoStatus selfTradePreventionMode "
    "workingType priceMatch",
    boolean="closePosition priceProtect reduceOnly",
    null="icebergQuantity",
    figure="activatePrice callbackRate",
)
ALGO_ASKED = {
    **ALGO,
    **_fields(
        decimal="actualPrice actualQty tpTriggerPrice tpPrice slTriggerPrice slPrice",
        figure="actualOrderId",
        text="actualType tpOrderType",
    ),
}
ALGO_CANCELLED = _fields(integer="algoId", text="clientAlgoId code msg")
DONE = _fields(integer="code", text="msg")
TRADE = _fields(
    integer="id orderId time",
    decimal="price qty realizedPnl quoteQty baseQty commission",
    text="symbol pair side marginAsset commissionAsset positionSide",
    boolean="buyer maker",
)
INCOME = _fields(integer="time tranId", decimal="income", text="symbol incomeType asset info tradeId")
BALANCE = _fields(
    integer="updateTime",
    decimal="balance crossWalletBalance crossUnPnl availableBalance maxWithdrawAmount",
    text="accountAlias asset",
    boolean="marginAvailable",
)
RISK = _fields(
    integer="updateTime adl",
    decimal="positionAmt entryPrice breakEvenPrice markPrice unRealizedProfit liquidationPrice isolatedMargin notional "
    "isolatedWallet initialMargin maintMargin positionInitialMargin openOrderInitialMargin bidNotional askNotional",
    text="symbol positionSide marginAsset",
)
RISK_V2 = _fields(
    integer="updateTime",
    decimal="positionAmt entryPrice breakEvenPrice markPrice unRealizedProfit liquidationPrice isolatedMargin notional "
    "isolatedWallet leverage maxNotionalValue",
    text="symbol positionSide marginType isAutoAddMargin",
)
_TOTALS = (
    "totalInitialMargin totalMaintMargin totalWalletBalance totalUnrealizedProfit totalMarginBalance "
    "totalPositionInitialMargin totalOpenOrderInitialMargin totalCrossWalletBalance totalCrossUnPnl availableBalance "
    "maxWithdrawAmount"
)
ACCOUNT = _fields(decimal=_TOTALS, rows="assets positions")
ACCOUNT_V2 = {
    **ACCOUNT,
    **_fields(
        integer="feeTier updateTime tradeGroupId",
        boolean="feeBurn canTrade canDeposit canWithdraw multiAssetsMargin",
    ),
}
ACCOUNT_ASSET = _fields(
    integer="updateTime",
    text="asset",
    decimal="walletBalance unrealizedProfit marginBalance maintMargin initialMargin positionInitialMargin "
    "openOrderInitialMargin crossWalletBalance crossUnPnl availableBalance maxWithdrawAmount",
)
ACCOUNT_POSITION = _fields(
    integer="updateTime",
    text="symbol positionSide",
    decimal="positionAmt unrealizedProfit isolatedMargin notional isolatedWallet initialMargin maintMargin",
)
ACCOUNT_CONFIG = _fields(
    integer="feeTier updateTime tradeGroupId",
    boolean="canTrade canDeposit canWithdraw dualSidePosition multiAssetsMargin",
)
SYMBOL_CONFIG = _fields(
    integer="leverage", decimal="maxNotionalValue", text="symbol marginType", boolean="isAutoAddMargin"
)
LEVERAGE = _fields(integer="leverage", decimal="maxNotionalValue", text="symbol")
BRACKETS = _fields(text="symbol", number="notionalCoef", rows="brackets")
BRACKET = _fields(integer="bracket initialLeverage notionalCap notionalFloor", number="maintMarginRatio cum")
COMMISSION = _fields(text="symbol", decimal="makerCommissionRate takerCommissionRate rpiCommissionRate")
MARGIN_MOVED = _fields(integer="code type", number="amount", text="msg")
MARGIN_MOVE = _fields(integer="type time", decimal="amount", text="symbol deltaType asset positionSide")
COUNTDOWN = _fields(text="symbol", decimal="countdownTime")
DUAL = _fields(boolean="dualSidePosition")
MULTI = _fields(boolean="multiAssetsMargin")
KEY = _fields(text="listenKey")
LIMIT = _fields(text="rateLimitType interval", integer="intervalNum limit")
TIME = _fields(integer="serverTime")
INFO = _fields(integer="serverTime", text="timezone futuresType", rows="rateLimits exchangeFilters assets symbols")
INFO_ASSET = _fields(text="asset", boolean="marginAvailable", decimal="autoAssetExchange")
INFO_SYMBOL = _fields(
    integer="deliveryDate onboardDate pricePrecision quantityPrecision baseAssetPrecision quotePrecision settlePlan "
    "maxMoveOrderLimit",
    decimal="maintMarginPercent requiredMarginPercent triggerProtect liquidationFee marketTakeBound",
    text="symbol pair contractType status baseAsset quoteAsset marginAsset underlyingType",
    rows="underlyingSubType filters orderTypes timeInForce",
)
KEY_RIGHTS = _fields(
    integer="createTime",
    boolean="ipRestrict enableReading enableFutures enableWithdrawals enableInternalTransfer permitsUniversalTransfer "
    "enableMargin enableSpotAndMarginTrading enableVanillaOptions enablePortfolioMarginTrading",
)
KLINE_ROW = (int, str, str, str, str, str, int, str, int, str, str, str)
"""Types of a kline's cells, which have no names."""
DEPTH = _fields(integer="lastUpdateId E T", rows="bids asks")
PUBLIC_TRADE = _fields(integer="id time", decimal="price qty quoteQty", boolean="isBuyerMaker isRPITrade")
AGG_TRADE = _fields(integer="a f l T", decimal="p q nq", boolean="m")
DAY = _fields(
    integer="openTime closeTime firstId lastId count",
    text="symbol",
    decimal="priceChange priceChangePercent weightedAvgPrice lastPrice lastQty openPrice highPrice lowPrice volume "
    "quoteVolume",
)
BOOK_TICKER = _fields(integer="time lastUpdateId", text="symbol", decimal="bidPrice bidQty askPrice askQty")
PRICE = _fields(integer="time", text="symbol", decimal="price")
PREMIUM = _fields(
    integer="nextFundingTime time",
    text="symbol",
    decimal="markPrice indexPrice estimatedSettlePrice lastFundingRate interestRate",
)
FUNDING_INFO = _fields(
    integer="fundingIntervalHours",
    text="symbol",
    decimal="adjustedFundingRateCap adjustedFundingRateFloor",
    boolean="disclaimer",
)
FUNDING_RATE = _fields(integer="fundingTime", text="symbol rateType", decimal="fundingRate markPrice")
OPEN_INTEREST = _fields(integer="time", text="symbol", decimal="openInterest")

ORDER_EVENT = _fields(
    integer="i T t si ss gtd",
    decimal="q p ap sp l z L b a rp",
    text="s c S o f x X wt ot ps V pm er",
    boolean="m R cp pP",
)
FILL_EVENT = {**ORDER_EVENT, **_fields(decimal="n", text="N")}
ALGO_EVENT = _fields(
    integer="aid tt gtd",
    decimal="q ap aq tp p",
    figure="ai",
    text="caid at o s S ps f X act V wt pm",
    boolean="cp pP R",
)
POSITION_EVENT = _fields(decimal="pa ep bep cr up iw", text="s mt ps")
BALANCE_EVENT = _fields(decimal="wb cw bc", text="a")
LITE_EVENT = _fields(integer="E T t i", decimal="q p L l", text="e s c S", boolean="m")

BOOK_TICKER_EVENT = _fields(integer="u E T st", decimal="b B a A", text="e s ps")
DEPTH_EVENT = _fields(integer="E T U u pu st", rows="b a", text="e s ps")
AGG_EVENT = {**AGG_TRADE, **_fields(integer="E st", text="e s")}
TRADE_EVENT = _fields(integer="E T t st", decimal="p q", text="e s X", boolean="m")
KLINE_EVENT = _fields(integer="E", text="e s", object="k")
KLINE_BODY = _fields(integer="t T f L n", decimal="o c h l v q V Q B", text="s i", boolean="x")
MARK_EVENT = _fields(integer="E T st", decimal="p ap P i r", text="e s")


def misfits(answer: Any, shape: Shape) -> list[str]:
    """What is missing, too much, or of another type; nothing where the answer fits."""
    if not isinstance(answer, dict):
        return [f"not an object: {answer!r}"]
    wrong = [f"{name}: missing" for name in shape if name not in answer]
    wrong += [f"{name}: not in the table" for name in answer if name not in shape]
    wrong += [
        f"{name}: {answer[name]!r} is no {shape[name]}"
        for name in shape
        if name in answer and not _is(answer[name], shape[name])
    ]
    return wrong


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "decimal":
            return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None
        case "figure":  # a decimal or an id as text, empty where there is none
            return value == "" or _is(value, "decimal")
        case "text":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "rows":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "null":
            return value is None
        case _:
            raise AssertionError(kind)
