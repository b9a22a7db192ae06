"""A look at Binance before the engine's clock starts: does it answer, what is its time, what does it trade."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import SecretStr

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, WallClock
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.words import Mode, Symbol
from tui_trader.engine.live.door import live_reach
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import Settings, SettingsError
from tui_trader.exchange.binance.environment import Environment, EnvironmentRefused, Key, environment_of
from tui_trader.exchange.ports import ExchangeUnavailable

PATIENCE = 10.0
"""Seconds in which Binance must answer where it was asked for."""
AUTO_PATIENCE = 3.0
"""The same where the program may take another market."""


@dataclass(frozen=True, slots=True)
class BinanceSeen:
    """What was seen: the exchange's time, and those of the symbols that it trades."""

    time: Instant
    instruments: Mapping[Symbol, Instrument]

    @property
    def identity(self) -> str:
        """What tells this market from others."""
        return "binance"


LookAtBinance: TypeAlias = Callable[[RunOptions, Sequence[Symbol], float], BinanceSeen | str]
"""Looks for so many seconds; a text is why nothing was seen. Raises SettingsError."""


def looks_nowhere(options: RunOptions, symbols: Sequence[Symbol], patience: float) -> BinanceSeen | str:  # noqa: ARG001 - a look
    """For plans that are made without a network."""
    return "nobody looked for Binance"


def environment_for(settings: Settings, mode: Mode) -> Environment:
    """URLs, key and mode of the settings, bound together. Raises SettingsError."""
    binance = settings.binance
    key = _key(binance.api_key, binance.api_secret) if mode is not Mode.PAPER else None
    try:
        return environment_of(
            mode,
            rest_url=binance.rest_url,
            stream_url=binance.stream_url,
            key=key,
            live_reach=live_reach(),
        )
    except EnvironmentRefused as refused:
        raise SettingsError(str(refused)) from None


def _key(name: SecretStr | None, secret: SecretStr | None) -> Key | None:
    if name is None or secret is None:
        return None
    return Key(name.get_secret_value(), secret.get_secret_value())


def look_at_binance(options: RunOptions, symbols: Sequence[Symbol], patience: float) -> BinanceSeen | str:
    """Ask for time and filters, on a loop of its own, without a key. Raises SettingsError."""
    environment = environment_for(options.settings, options.mode)
    try:
        return asyncio.run(_looked(environment, symbols, patience))
    except TimeoutError:
        return f"{environment.host} does not answer within {patience:g} s"
    except ExchangeUnavailable as error:
        return f"{environment.host} does not answer ({error})"


async def _looked(environment: Environment, symbols: Sequence[Symbol], patience: float) -> BinanceSeen | str:
    # Here and not above: the library takes half a second to load, which a synthetic market need not wait for.
    from tui_trader.exchange.binance.opening import public_instruments, server_time  # noqa: PLC0415
    from tui_trader.exchange.binance.session import Session  # noqa: PLC0415

    known = {symbol: found for symbol in known_symbols() if (found := instrument(symbol)) is not None}
    without_key = replace(environment, key=None)
    session = Session(without_key, WallClock(), Chance(None))
    try:
        async with asyncio.timeout(patience):
            traded = await public_instruments(session, symbols, known)
            if not traded:
                return f"{environment.host} trades none of {', '.join(symbols)}"
            return BinanceSeen(await server_time(session), traded)
    finally:
        await session.close()
