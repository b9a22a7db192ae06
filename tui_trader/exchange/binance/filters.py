"""exchangeInfo and leverageBracket as instruments: the exchange's filters, never a table of ours in demo and live."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance.answers import Unreadable, read_as
from tui_trader.exchange.binance.governor import Governor, Limit

QUOTE = "USDT"
"""The one currency that the program trades in."""


class _Filter(msgspec.Struct, frozen=True, rename="camel"):
    filter_type: str
    min_price: str = ""
    max_price: str = ""
    tick_size: str = ""
    min_qty: str = ""
    max_qty: str = ""
    step_size: str = ""
    notional: str = ""
    multiplier_up: str = ""
    multiplier_down: str = ""


class SymbolInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One symbol of exchangeInfo."""

    symbol: str
    status: str
    contract_type: str
    base_asset: str
    quote_asset: str
    price_precision: int
    quantity_precision: int
    liquidation_fee: str
    filters: tuple[_Filter, ...]


class _RateLimit(msgspec.Struct, frozen=True, rename="camel"):
    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int


class ExchangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """GET exchangeInfo; `symbols` are read one by one, since one odd symbol among hundreds is no cause to fail."""

    rate_limits: tuple[_RateLimit, ...]
    symbols: tuple[dict[str, object], ...]


class _BracketAnswer(msgspec.Struct, frozen=True, rename="camel"):
    initial_leverage: int
    notional_cap: Decimal
    maint_margin_ratio: Decimal
    cum: Decimal


class BracketsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One symbol of GET leverageBracket."""

    symbol: str
    brackets: tuple[_BracketAnswer, ...]


def set_limits(info: ExchangeInfo, governor: Governor) -> None:
    """Tell the governor what this exchange allows."""
    for told in info.rate_limits:
        key = (told.rate_limit_type, told.interval, told.interval_num)
        for limit in Limit:
            if limit.value == key:
                governor.set_limit(limit, told.limit)


def brackets_of(answers: Iterable[BracketsAnswer]) -> dict[Symbol, tuple[Bracket, ...]]:
    """The maintenance tiers by symbol, the lowest first."""
    return {
        Symbol(answer.symbol): tuple(
            Bracket(tier.notional_cap, tier.maint_margin_ratio, tier.initial_leverage, tier.cum)
            for tier in sorted(answer.brackets, key=lambda tier: tier.notional_cap)
        )
        for answer in answers
    }


def instruments_of(
    info: ExchangeInfo, wanted: Sequence[Symbol], brackets: Mapping[Symbol, tuple[Bracket, ...]]
) -> dict[Symbol, Instrument]:
    """The wanted symbols that are perpetuals in USDT, trade now and have tiers. Raises Unreadable."""
    found: dict[Symbol, Instrument] = {}
    for answer in info.symbols:
        symbol = Symbol(str(answer.get("symbol")))
        if symbol not in wanted or symbol not in brackets:
            continue
        told = read_as(SymbolInfo, answer)
        if told.contract_type == "PERPETUAL" and told.quote_asset == QUOTE and told.status == "TRADING":
            found[symbol] = _instrument(told, brackets[symbol])
    return {symbol: found[symbol] for symbol in wanted if symbol in found}


def _instrument(told: SymbolInfo, brackets: tuple[Bracket, ...]) -> Instrument:
    filters = {each.filter_type: each for each in told.filters}
    try:
        price, lot = filters["PRICE_FILTER"], filters["LOT_SIZE"]
        market, notional = filters.get("MARKET_LOT_SIZE", lot), filters["MIN_NOTIONAL"]
        band = filters["PERCENT_PRICE"]
        return Instrument(
            symbol=Symbol(told.symbol),
            base=told.base_asset,
            quote=told.quote_asset,
            tick=Decimal(price.tick_size),
            step=Decimal(lot.step_size),
            market_step=Decimal(market.step_size),
            min_quantity=Decimal(lot.min_qty),
            max_quantity=Decimal(lot.max_qty),
            market_max_quantity=Decimal(market.max_qty),
            min_price=Decimal(price.min_price),
            max_price=Decimal(price.max_price),
            min_notional=Decimal(notional.notional),
            price_band_up=Decimal(band.multiplier_up),
            price_band_down=Decimal(band.multiplier_down),
            brackets=brackets,
            liquidation_fee_rate=Decimal(told.liquidation_fee),
            price_precision=told.price_precision,
            quantity_precision=told.quantity_precision,
        )
    except KeyError as error:
        raise Unreadable(f"{told.symbol}: exchangeInfo lacks the filter {error}") from None
    except (ArithmeticError, ValueError) as error:
        raise Unreadable(f"{told.symbol}: a filter of exchangeInfo cannot be read ({type(error).__name__})") from None
