"""The await points of the order path, counted by name, so that a process can end itself at any one of them.

What can be seen from outside changes at these only: when rows become durable, when a request leaves and when its answer
comes, when the account's stream tells something. Between two of them there is nothing that a kill could tear apart.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Purpose
from tui_trader.core.records import OrderChanged, OrderFilled, OrderIntended, Record
from tui_trader.core.words import ClientOrderId
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.client import Client
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.user_stream import UserStream
from tui_trader.journal.ports import Entry, Row
from tui_trader.journal.writer import JournalWriter

WRITES = (endpoints.SUBMIT, endpoints.SUBMIT_ALGO, endpoints.CANCEL, endpoints.CANCEL_ALGO)
_ASKED = (*WRITES, endpoints.QUERY, endpoints.QUERY_ALGO)
_ARRIVES_WITHIN = 0.3
"""Seconds after which a request is at the exchange, whose answer keeps us waiting."""
_MOST_READS = 2
"""Questions of one kind that are points of their own: more of the same tell nothing new."""


@dataclass
class Points:
    """Counts once it is armed; the process ends at the fatal one."""

    fatal: str | None = None
    seen: list[str] = field(default_factory=list)
    is_armed: bool = False
    on_the_way: Callable[[Endpoint], None] = lambda _: None
    """Called when a request that changes something has left."""
    _purposes: dict[ClientOrderId, Purpose] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def reached(self, name: str) -> None:
        """It is reached; the last one that is, where it is the fatal one."""
        if not self.is_armed:
            return
        self._counts[name] += 1
        named = f"{name} #{self._counts[name]}"
        if name.startswith("GET") and self._counts[name] > _MOST_READS:
            return
        self.seen.append(named)
        if named == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch this process; there is no way back."""
        self._watch_requests()
        self._watch_rows()
        self._watch_news()

    def _purpose(self, order_id: str) -> str:
        purpose = self._purposes.get(ClientOrderId(order_id))
        return purpose.name if purpose else "?"

    def _watch_requests(self) -> None:
        inner = Client.ask

        async def ask(client: Client, endpoint: Endpoint, params: Mapping[str, str]) -> object:
            if endpoint not in _ASKED:
                return await inner(client, endpoint, params)
            names = ("newClientOrderId", "clientAlgoId", "origClientOrderId")
            order_id = next((params[name] for name in names if name in params), "")
            what = f"{endpoint.method.upper()} {endpoint.path} {self._purpose(order_id)}"
            self.reached(f"{what}: before it leaves")
            if endpoint not in WRITES:
                answer = await inner(client, endpoint, params)
                self.reached(f"{what}: answered")
                return answer
            asking = asyncio.ensure_future(inner(client, endpoint, params))
            await asyncio.wait({asking}, timeout=_ARRIVES_WITHIN)
            if self.is_armed:
                self.on_the_way(endpoint)
            if not asking.done():
                self.reached(f"{what}: on its way")
            try:
                return await asking
            finally:
                self.reached(f"{what}: answered")

        Client.ask = ask  # type: ignore[method-assign,assignment]  # watched

    def _watch_rows(self) -> None:
        inner = JournalWriter.append

        async def append(journal: JournalWriter, *entries: Entry) -> tuple[Row, ...]:
            names = [self._row_named(entry.record) for entry in entries]
            name = ", ".join(each for each in names if each)
            if name:
                self.reached(f"row {name}: before it is durable")
            rows = await inner(journal, *entries)
            for row in rows:
                if isinstance(row.record, OrderIntended):
                    self._purposes[client_order_id(row.hash)] = row.record.intent.purpose
            if name:
                self.reached(f"row {name}: durable")
            return rows

        JournalWriter.append = append  # type: ignore[method-assign,assignment]  # watched

    def _row_named(self, record: Record) -> str:
        match record:
            case OrderIntended(intent=intent):
                return f"INTENDED {intent.purpose.name}"
            case OrderChanged(client_order_id=order_id, status=status):
                return f"{status.value} {self._purpose(order_id)}"
            case OrderFilled(fill=fill):
                return f"fill {self._purpose(fill.client_order_id)}"
            case _:
                return ""

    def _watch_news(self) -> None:
        inner = UserStream._take

        def take(stream: UserStream, json: bytes) -> None:
            event = msgspec.json.decode(json, type=_Event)
            name = f"news {event.e} {event.o.X} {self._purpose(event.o.c or event.o.caid)}" if event.o else ""
            if name:
                self.reached(f"{name}: heard")
            inner(stream, json)

        UserStream._take = take  # type: ignore[method-assign,assignment]  # watched


class _Order(msgspec.Struct, frozen=True):
    X: str = ""
    c: str = ""
    caid: str = ""


class _Event(msgspec.Struct, frozen=True):
    e: str = ""
    o: _Order | None = None
