"""What exchange and market data share of one environment: requests, sockets and their limits."""

from collections.abc import Mapping

import aiohttp

from tui_trader.core.chance import Chance, Stream
from tui_trader.core.clock import Clock
from tui_trader.exchange.binance.client import Client
from tui_trader.exchange.binance.environment import Environment
from tui_trader.exchange.binance.governor import Governor
from tui_trader.exchange.binance.rest import Rest

_CLOSES_WITHIN = aiohttp.ClientWSTimeout(ws_close=1.0)
_PING_EVERY = 5.0
"""Seconds of silence after which a ping is sent; no answer within half of that ends the connection."""


class Session:
    """One environment's connections. Make it on a running loop, and close it."""

    def __init__(self, environment: Environment, clock: Clock, chance: Chance) -> None:
        """`chance` spreads reconnections."""
        self.environment = environment
        self.clock = clock
        self.governor = Governor(clock)
        self.rest = Rest(Client(environment, self._heard), self.governor, clock)
        self._chance = chance
        self._sockets = aiohttp.ClientSession()

    def chance(self, name: str) -> Stream:
        """A stream of chance for one purpose."""
        return self._chance.stream(f"binance {name}")

    async def connect(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """A socket below the environment's stream URL; no key goes with it. Raises aiohttp's errors, TimeoutError."""
        return await self._sockets.ws_connect(
            f"{self.environment.stream_url}/{path}", heartbeat=_PING_EVERY, timeout=_CLOSES_WITHIN, max_msg_size=0
        )

    async def close(self) -> None:
        """Let everything go."""
        await self._sockets.close()
        await self.rest.close()

    def _heard(self, status: int, headers: Mapping[str, str]) -> None:
        self.governor.heard(status, headers)
