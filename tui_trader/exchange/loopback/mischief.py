"""All that can be made to go wrong, as one handle: for tests in the same process, and for the control path."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tui_trader.core.money import Money
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.connection import Connection
from tui_trader.exchange.loopback.faults import FaultKind, FaultPlan, FaultRule
from tui_trader.exchange.loopback.floor import Floor
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.exchange.loopback.market_json import book_ticker_event, mark_event
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.exchange.loopback.sockets import SocketDesk
from tui_trader.exchange.loopback.stream_names import Route, Topic


@dataclass(frozen=True, slots=True)
class Mischief:
    """Faults of one exchange. Nothing here changes the books, except `transfer` and `margin_type`."""

    floor: Floor
    plan: FaultPlan
    sockets: SocketDesk
    restart: Callable[[], Coroutine[Any, Any, None]]
    """Break all connections and start anew from the books on disk."""

    def request(
        self,
        kind: FaultKind,
        *,
        method: str = "",
        path: str = "",
        executes: bool = False,
        skip: int = 0,
        times: int = 1,
        seconds: float = 1.0,
        contains: str = "",
    ) -> None:
        """Requests of this method and path (a path's end is enough) go wrong; see `FaultRule`."""
        self.plan.add(
            FaultRule(
                kind=kind,
                method=method,
                path=path,
                executes=executes,
                skip=skip,
                times=times,
                seconds=seconds,
                contains=contains,
            )
        )

    def drop_streams(self, route: Route | None = None) -> int:
        """Cut connections (of one route, or all) without a word; how many."""
        return self._each(route, lambda connection: connection.cut())

    def silence_streams(self, route: Route | None = None) -> int:
        """Connections stay open and answer pings, and are told nothing any more; how many."""

        def silence(connection: Connection) -> None:
            connection.is_silent = True

        return self._each(route, silence)

    def half_open_streams(self, route: Route | None = None) -> int:
        """Connections stay open, and are told nothing and answered nothing any more; how many."""

        def open_half(connection: Connection) -> None:
            connection.is_half_open = True

        return self._each(route, open_half)

    def burst(self, symbol: Symbol, count: int) -> None:
        """Tell touch and mark of the symbol `count` times at once. Raises Refusal for a symbol that is not traded."""
        tape, now = self.floor.tape(symbol), self.floor.now_ms()
        if tape.quote is None or tape.mark is None:
            return
        touch = book_ticker_event(tape.instrument, tape.quote, tape.book.last_id, now)
        mark = mark_event(tape.mark, now)
        for _ in range(count):
            self.floor.hub.say(Topic.BOOK_TICKER, symbol, lambda _: touch)
            self.floor.hub.say(Topic.MARK_PRICE, symbol, lambda _: mark)

    def burst_user_events(self, count: int) -> None:
        """Tell the account's stream `count` events of a kind that concerns nobody."""
        for number in range(count):
            self.floor.users.tell({"e": "GRID_UPDATE", "E": self.floor.now_ms(), "gu": {"si": number}})

    def duplicate_user_events(self, count: int = 1) -> None:
        """The next `count` account events are told twice."""
        self.floor.users.faults.duplicates += count

    def reorder_user_events(self, count: int = 1) -> None:
        """The ACCOUNT_UPDATEs of the next `count` fills are told after the ORDER_TRADE_UPDATE of the fill."""
        self.floor.users.faults.reorders += count

    def lose_user_events(self, count: int = 1) -> None:
        """The next `count` account events are not told."""
        self.floor.users.faults.losses += count

    def break_depth(self, count: int = 1) -> None:
        """The next `count` changes of a book are not told, so that `pu` does not fit."""
        self.floor.hall.depth.gaps += count

    def expire_listen_key(self) -> None:
        """The listen key's time is over now."""
        self.floor.users.expire()

    def skew_clock(self, seconds: float) -> None:
        """The server believes that it is so much later (or earlier)."""
        self.floor.server_clock.skew_seconds = seconds

    def report_modes(self, *, dual_side: bool, multi_assets: bool) -> None:
        """Say so of the account's modes; what is simulated stays one-way and single-asset."""
        self.floor.reported.dual_side = dual_side
        self.floor.reported.multi_assets = multi_assets

    def grant(self, rights: GrantedRights) -> None:
        """Say from now on that the key may do this."""
        self.floor.granted = rights

    def set_margin_type(self, symbol: Symbol, margin_type: MarginType) -> None:
        """Set it behind the owner's back, whatever is held."""
        self.floor.set_margin_type(symbol, margin_type)

    async def transfer(self, amount: Money) -> None:
        """Money in (positive) or out, as its owner would move it elsewhere."""
        await self.floor.paper.transfer(amount)

    def clear(self) -> None:
        """Nothing that was asked for and has not happened yet will happen; silent connections stay silent."""
        self.plan.clear()
        faults = self.floor.users.faults
        faults.duplicates = faults.reorders = faults.losses = 0
        self.floor.hall.depth.gaps = 0
        self.skew_clock(0.0)

    def _each(self, route: Route | None, act: Callable[[Connection], None]) -> int:
        chosen = [each for each in tuple(self.sockets.connections) if route in (None, each.route)]
        for connection in chosen:
            act(connection)
        return len(chosen)
