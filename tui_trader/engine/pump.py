"""The pump: each market event first to the paper exchange, if there is one, then to the market state."""

from collections.abc import Callable

from tui_trader.core.clock import Instant
from tui_trader.core.market import MarketEvent
from tui_trader.market.ports import Feed
from tui_trader.market.state import MarketState


class Pump:
    """Carries events until the feed ends."""

    def __init__(
        self,
        feed: Feed,
        market: MarketState,
        *,
        counterparty: Callable[[MarketEvent], None] | None,
        watch: Callable[[], None],
    ) -> None:
        """`counterparty` is the paper exchange's ear; `watch` is called after each event (views are made there).

        More `watchers` may be added before it runs.
        """
        self.watchers = [watch]
        self._feed = feed
        self._market = market
        self._counterparty = counterparty

    async def run(self, after: Instant | None) -> None:
        """Carry all events later than `after`; returns where the data end. Raises FeedError."""
        async for event in self._feed.events(after):
            if self._counterparty is not None:
                self._counterparty(event)
            self._market.apply(event)
            for watch in self.watchers:
                watch()
