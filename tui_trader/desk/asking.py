"""Questions to the exchange that do not wait for ever: silence is an answer too."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from tui_trader.exchange.ports import ExchangeUnavailable

T = TypeVar("T")

ANSWER_TIMEOUT = 3.0
"""Seconds of engine time within which a read is answered, or counts as failed: well within the time to protect."""


async def answered(read: Awaitable[T]) -> T:
    """What the exchange says. Raises ExchangeUnavailable, also where it says nothing in time."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            return await read
    except TimeoutError:
        raise ExchangeUnavailable(f"no answer within {ANSWER_TIMEOUT:g} s") from None
