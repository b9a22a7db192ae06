"""Opening an account: clock, limits, filters, modes set and read back, then the account's stream."""

import asyncio
from collections.abc import Mapping, Sequence

from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import (
    BalanceAnswer,
    RightsAnswer,
    ServerTime,
    Unreadable,
)
from tui_trader.exchange.binance.exchange import BinanceExchange
from tui_trader.exchange.binance.filters import (
    QUOTE,
    BracketsAnswer,
    ExchangeInfo,
    brackets_of,
    instruments_of,
    set_limits,
)
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.history import BinanceHistory
from tui_trader.exchange.binance.key_rights import KeyRights
from tui_trader.exchange.binance.modes import set_modes
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import ExchangeUnavailable

_STREAM_WITHIN = 10.0
"""Seconds in which the account's stream should be live; without it nothing new is risked, and the start goes on."""


async def server_time(session: Session) -> Instant:
    """The exchange's time. Raises ExchangeUnavailable."""
    told = await session.rest.read(endpoints.TIME, ServerTime, urgency=Urgency.VITAL)
    return from_milliseconds(told.server_time)


async def public_instruments(
    session: Session, wanted: Sequence[Symbol], known: Mapping[Symbol, Instrument]
) -> Mapping[Symbol, Instrument]:
    """Those of the wanted that the exchange trades, with its filters; without a key the tiers are those of `known`.

    Raises ExchangeUnavailable.
    """
    tiers = {symbol: instrument.brackets for symbol, instrument in known.items()}
    return _read_instruments(await _info(session), wanted, tiers)


async def key_rights(session: Session) -> KeyRights:
    """What the session's key may do. Only production says so, and a rehearsal. Raises ExchangeUnavailable."""
    await session.rest.measure_offset()
    told = await session.rest.read(endpoints.KEY_RIGHTS, RightsAnswer, urgency=Urgency.VITAL)
    return KeyRights(
        futures=told.enable_futures,
        withdrawals=told.enable_withdrawals,
        internal_transfers=told.enable_internal_transfer,
        universal_transfers=told.permits_universal_transfer,
        is_ip_bound=told.ip_restrict,
    )


async def account_name(session: Session) -> str:
    """How the account of the session's key is called here: the mode, and Binance's own name for it.

    Raises ExchangeUnavailable.
    """
    await session.rest.measure_offset()
    return await _read_name(session)


async def open_exchange(session: Session, wanted: Sequence[Symbol]) -> BinanceExchange:
    """The account of the session's key, for those of the wanted symbols that it trades.

    What cannot be set here (a position is open, an order rests) is left as it is, and said by the account's report.
    Raises ExchangeUnavailable.
    """
    await session.rest.measure_offset()
    info, brackets, account = await asyncio.gather(
        _info(session),
        session.rest.read(endpoints.BRACKETS, tuple[BracketsAnswer, ...], urgency=Urgency.VITAL),
        _read_name(session),
    )
    instruments = _read_instruments(info, wanted, brackets_of(brackets))
    await set_modes(session, tuple(instruments))
    exchange = BinanceExchange(session, account, instruments, Names())
    await exchange.start(within=_STREAM_WITHIN)
    return exchange


async def open_for_exits(session: Session) -> BinanceExchange:
    """The account as it stands: no mode is set, no stream is opened, no filter is known. For cancelling and closing.

    Raises ExchangeUnavailable.
    """
    return BinanceExchange(session, await account_name(session), {}, Names())


async def open_history(session: Session) -> BinanceHistory:
    """The account's past orders; nothing is set. Raises ExchangeUnavailable."""
    return BinanceHistory(session, await account_name(session))


async def _read_name(session: Session) -> str:
    environment = session.environment
    assert environment.key is not None  # an environment with an account has one
    balances = await session.rest.read(endpoints.BALANCE, tuple[BalanceAnswer, ...], urgency=Urgency.VITAL)
    alias = next((each.account_alias for each in balances if each.asset == QUOTE and each.account_alias), "")
    return f"{environment.mode.value}-{alias or environment.key.fingerprint}"


async def _info(session: Session) -> ExchangeInfo:
    info = await session.rest.read(endpoints.EXCHANGE_INFO, ExchangeInfo, urgency=Urgency.VITAL)
    set_limits(info, session.governor)
    return info


def _read_instruments(
    info: ExchangeInfo, wanted: Sequence[Symbol], tiers: Mapping[Symbol, tuple[Bracket, ...]]
) -> Mapping[Symbol, Instrument]:
    try:
        return instruments_of(info, wanted, tiers)
    except Unreadable as error:
        raise ExchangeUnavailable(str(error)) from None
