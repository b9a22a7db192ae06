"""What others hold and work in the account: it always counts, only the operator touches it, no entry leaves beside it.

That all of it counts is seen where exposure is judged (`witness`), by the exchange's truth.
"""

import asyncio
from collections.abc import Callable

from tests.simulation.exchange_side import ExchangeSide
from tests.simulation.faults import Faults
from tests.simulation.records import DurableRows
from tui_trader.core.clock import Clock, elapsed
from tui_trader.core.money import ZERO
from tui_trader.core.order import Fill, Intent
from tui_trader.core.words import ClientOrderId, Symbol

NOTICED_AFTER = 65.0
"""Seconds until a change that no news tells is noticed for certain: the pause between comparisons, and a slow one."""
_HEARD_AFTER = 8.0
"""The same where no news is lost: a market order trades within three seconds, and its news is there at once."""
_MAKES_DEAF = (
    *("read_fails", "read_hangs", "read_slow", "read_blind", "exchange_down", "outside_untold"),
    *("news_lost", "news_lost_and_said", "news_late", "stream_mute", "disk_full", "disk_slow", "head_lost"),
    *("crash", "clean_stop", "crash_at_door", "crash_at_disk"),
)
"""Faults after which only a comparison finds out, some time later."""


class Beside:
    """Judges what leaves, and what trades, by the rows at once and by the truth once it must have been noticed."""

    def __init__(
        self,
        side: ExchangeSide,
        rows: DurableRows,
        clock: Clock,
        storm: Faults,
        broken: Callable[[str, str], None],
    ) -> None:
        self._side = side
        self._rows = rows
        self._clock = clock
        self._broken = broken
        is_deaf = any(getattr(storm, name) for name in _MAKES_DEAF)
        self._noticed_after = NOTICED_AFTER if is_deaf else _HEARD_AFTER
        self._cancelled: set[ClientOrderId] = set()
        self.flattening = 0
        """How many flattens of the operator are being carried out: only they may touch what is foreign."""
        side.on_taken = self._taken

    def was_meddled_with(self, symbol: Symbol) -> bool:
        """Whether somebody else changed something there so lately that it need not be known yet."""
        changed = self._side.foreign_change.get(symbol)
        return changed is not None and asyncio.get_running_loop().time() - changed < self._noticed_after

    def entry(self, order_id: ClientOrderId, symbol: Symbol) -> None:
        """An entry is about to leave."""
        if self._rows.foreign.get(symbol, ZERO):
            held = self._rows.foreign[symbol]
            self._broken("foreign", f"entry {order_id} leaves while others hold {held} of {symbol}")
        elif self._side.is_shared(symbol) and not self.was_meddled_with(symbol):
            self._broken("foreign", f"entry {order_id} leaves where others have been on {symbol} for a while")

    def exit(self, order_id: ClientOrderId, intent: Intent) -> None:
        """Nothing of ours closes more than what is ours; what was on its way when others came is another matter."""
        symbol = intent.symbol
        since, own = self._rows.foreign_since.get(symbol), self._rows.own(symbol)
        is_known = since is not None and elapsed(since, self._clock.now()) > _HEARD_AFTER
        if not self._rows.foreign.get(symbol, ZERO) or not is_known or self.flattening:
            return
        if intent.close_position or intent.quantity > abs(own):
            self._broken("foreign", f"{order_id} closes more of {symbol} than the {own} that are ours")

    def cancel(self, order_id: ClientOrderId) -> None:
        """A cancel is about to leave."""
        self._cancelled.add(order_id)
        if self._side.is_foreign(order_id) and not self.flattening:
            self._broken("foreign", f"{order_id} is cancelled, and it is not ours")

    def _taken(self, fill: Fill) -> None:
        """A trade of ours closes what others hold: by a flatten, or by an order that was on its way when they came."""
        order_id = fill.client_order_id
        if not self.flattening and order_id not in self._cancelled and not self.was_meddled_with(fill.symbol):
            self._broken("foreign", f"{order_id} closes what others hold of {fill.symbol}")
