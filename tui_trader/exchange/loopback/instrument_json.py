"""exchangeInfo and leverageBracket: what is traded, as clients read it."""

from collections.abc import Iterable

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import HUNDRED, ZERO, plain
from tui_trader.exchange.loopback.figures import Json, JsonObject, fixed, number, price, quantity
from tui_trader.exchange.loopback.options import Limits
from tui_trader.exchange.loopback.order_words import WireTimeInForce, WireType
from tui_trader.exchange.paper.admission import MAX_WORKING

_ONBOARDED = 1_569_398_400_000
_DELIVERY = 4_133_404_800_000
"""Perpetuals are delivered on 2100-12-25, says the exchange."""
_PRECISION = 8


def exchange_info(instruments: Iterable[Instrument], limits: Limits, now: int) -> JsonObject:
    """`exchangeInfo`."""
    return {
        "timezone": "UTC",
        "serverTime": now,
        "futuresType": "U_MARGINED",
        "rateLimits": rate_limits(limits),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "0"}],
        "symbols": [_symbol(instrument) for instrument in instruments],
    }


def rate_limits(limits: Limits) -> list[Json]:
    """What may be asked for, and in what time."""
    return [_limit("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_a_minute), *order_limits(limits)]


def order_limits(limits: Limits) -> list[Json]:
    """The part of it that is about orders."""
    return [_limit("ORDERS", "MINUTE", 1, limits.orders_1m), _limit("ORDERS", "SECOND", 10, limits.orders_10s)]


def brackets(instrument: Instrument) -> JsonObject:
    """A row of `leverageBracket`."""
    floor = ZERO
    rows: list[Json] = []
    for tier, bracket in enumerate(instrument.brackets, start=1):
        rows.append(
            {
                "bracket": tier,
                "initialLeverage": bracket.max_leverage,
                "notionalCap": int(bracket.notional_cap),
                "notionalFloor": int(floor),
                "maintMarginRatio": number(bracket.maintenance_rate),
                "cum": number(bracket.cumulative),
            }
        )
        floor = bracket.notional_cap
    return {"symbol": instrument.symbol, "notionalCoef": 1, "brackets": rows}


def _symbol(instrument: Instrument) -> JsonObject:
    first = instrument.brackets[0]
    price_places = instrument.price_precision if instrument.price_precision is not None else instrument.price_decimals
    places = instrument.quantity_precision
    return {
        "symbol": instrument.symbol,
        "pair": instrument.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _DELIVERY,
        "onboardDate": _ONBOARDED,
        "status": "TRADING",
        "maintMarginPercent": fixed(first.maintenance_rate * HUNDRED, 4),
        "requiredMarginPercent": fixed(HUNDRED / first.max_leverage, 4),
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.quote,
        "pricePrecision": price_places,
        "quantityPrecision": instrument.quantity_decimals if places is None else places,
        "baseAssetPrecision": _PRECISION,
        "quotePrecision": _PRECISION,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": fixed(instrument.liquidation_fee_rate, 6),
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": _filters(instrument),
        "orderTypes": [kind.value for kind in WireType],
        "timeInForce": [kind.value for kind in WireTimeInForce],
    }


def _filters(instrument: Instrument) -> list[Json]:
    least, step = quantity(instrument, instrument.min_quantity), quantity(instrument, instrument.step)
    market_step = plain(instrument.market_step)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": price(instrument, instrument.min_price),
            "maxPrice": price(instrument, instrument.max_price),
            "tickSize": price(instrument, instrument.tick),
        },
        {"filterType": "LOT_SIZE", "minQty": least, "maxQty": plain(instrument.max_quantity), "stepSize": step},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": least,
            "maxQty": plain(instrument.market_max_quantity),
            "stepSize": market_step,
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": MAX_WORKING},
        {"filterType": "MIN_NOTIONAL", "notional": plain(instrument.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": fixed(instrument.price_band_up, 4),
            "multiplierDown": fixed(instrument.price_band_down, 4),
            "multiplierDecimal": "4",
        },
    ]


def _limit(kind: str, interval: str, count: int, limit: int) -> JsonObject:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}
