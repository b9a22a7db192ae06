"""The account's modes: one-way, single-asset, isolated margin on what is traded; what is otherwise is set."""

import asyncio
from collections.abc import Sequence

from tui_trader.core.words import Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import AccountConfig, Done, SymbolConfig
from tui_trader.exchange.binance.client import RequestFailed
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.failures import Failure, Verdict
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.session import Session


async def set_modes(session: Session, symbols: Sequence[Symbol]) -> Failure | None:
    """Set what is otherwise; one of the things that failed, or None. The account's report reads it back.

    Raises ExchangeUnavailable where it cannot be asked how it is.
    """
    config, settings = await asyncio.gather(
        session.rest.read(endpoints.ACCOUNT_CONFIG, AccountConfig, urgency=Urgency.VITAL),
        session.rest.read(endpoints.SYMBOL_CONFIG, tuple[SymbolConfig, ...], urgency=Urgency.VITAL),
    )
    first: Failure | None = None
    if config.dual_side_position:
        first = await _set(session, endpoints.POSITION_MODE, dualSidePosition="false")
    if config.multi_assets_margin:
        first = await _set(session, endpoints.ASSETS_MODE, multiAssetsMargin="false") or first
    for each in settings:
        if each.symbol in symbols and each.margin_type != "ISOLATED":
            failure = await _set(session, endpoints.MARGIN_TYPE, symbol=each.symbol, marginType="ISOLATED")
            first = first or failure
    return first


async def _set(session: Session, endpoint: Endpoint, **params: str) -> Failure | None:
    try:
        await session.rest.write(endpoint, Done, urgency=Urgency.VITAL, **params)
    except RequestFailed as error:
        return None if error.failure.verdict is Verdict.NO_OP else error.failure
    return None
