"""A running loopback exchange."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.loopback import LoopbackBench, loopback


@pytest.fixture
async def bench() -> AsyncIterator[LoopbackBench]:
    """An exchange with an open market, books in memory."""
    async with loopback() as running:
        yield running
