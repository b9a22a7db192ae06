"""REST requests from the wire to the table of endpoints and back."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec
from aiohttp import web

from tui_trader.exchange.loopback import (
    rest_account,
    rest_algo,
    rest_history,
    rest_key_rights,
    rest_margin,
    rest_orders,
    rest_public,
    rest_settings,
)
from tui_trader.exchange.loopback.auth import KEY_HEADER, Asked, Doorkeeper
from tui_trader.exchange.loopback.endpoint import Call, Endpoint
from tui_trader.exchange.loopback.faults import ANSWERS, FaultKind, FaultPlan, FaultRule
from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.floor import Floor
from tui_trader.exchange.loopback.limits import Overloaded
from tui_trader.exchange.loopback.params import Params
from tui_trader.exchange.loopback.refusals import Refusal
from tui_trader.exchange.loopback.store import LoopbackBooksError
from tui_trader.exchange.paper import PaperBooksError
from tui_trader.exchange.ports import ExchangeUnavailable

_FAMILIES = (
    rest_public,
    rest_orders,
    rest_history,
    rest_algo,
    rest_account,
    rest_margin,
    rest_settings,
    rest_key_rights,
)
ENDPOINTS: Mapping[tuple[str, str], Endpoint] = MappingProxyType(
    {(endpoint.method, endpoint.path): endpoint for family in _FAMILIES for endpoint in family.ENDPOINTS}
)

_UNANSWERED = 3600.0
"""Seconds that a request waits which is not to be answered; clients leave long before."""


@dataclass
class RestDesk:
    """Answers requests; `faults` says which of them go wrong."""

    floor: Floor
    faults: FaultPlan = field(default_factory=FaultPlan)

    def __post_init__(self) -> None:
        """Know the credentials."""
        self._door = Doorkeeper(self.floor.options.credentials)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The whole way of one request."""
        body = await request.read()
        parameters = request.rel_url.raw_query_string + body.decode("latin-1")
        fault = self.faults.take(request.method, request.path, parameters)
        if fault is None:
            return await self._true_answer(request, body)
        return await self._wrong_answer(fault, request, body)

    async def _wrong_answer(self, fault: FaultRule, request: web.Request, body: bytes) -> web.StreamResponse:
        if fault.kind is FaultKind.DELAY:
            return await self._late_answer(fault, request, body)
        if fault.executes:
            # The work goes on even if the client has gone.
            await asyncio.shield(self._true_answer(request, body))
        if fault.kind is FaultKind.TIMEOUT:
            await self.floor.clock.sleep(_UNANSWERED)
        if fault.kind in (FaultKind.DROP, FaultKind.TIMEOUT):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        said = ANSWERS[fault.kind]
        headers = self.floor.meter.headers(self.floor.clock.now(), with_orders=False)
        if said.retry_after is not None:
            headers["Retry-After"] = str(said.retry_after)
        return web.Response(status=said.status, text=said.body, content_type=said.content_type, headers=headers)

    async def _late_answer(self, fault: FaultRule, request: web.Request, body: bytes) -> web.StreamResponse:
        if not fault.executes:
            await self.floor.clock.sleep(fault.seconds)
            return await self._true_answer(request, body)
        answer = await asyncio.shield(self._true_answer(request, body))
        await self.floor.clock.sleep(fault.seconds)
        return answer

    async def _true_answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        endpoint = ENDPOINTS.get((request.method, request.path))
        if endpoint is None:
            return _not_found(request)
        floor = self.floor
        now = floor.clock.now()
        retry_after: int | None = None
        status = 200
        said: Json
        try:
            said = await self._admitted(endpoint, request, body)
        except Refusal as no:
            status, said = no.status, no.body
        except Overloaded as much:
            status, said, retry_after = much.refusal.status, much.refusal.body, much.retry_after
        except (ExchangeUnavailable, PaperBooksError, LoopbackBooksError) as error:
            status, said = 500, {"code": -1000, "msg": f"An unknown error occurred while processing: {error}"}
        headers = floor.meter.headers(now, with_orders=endpoint.orders != (0, 0))
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return web.Response(
            status=status, body=msgspec.json.encode(said), content_type="application/json", headers=headers
        )

    async def _admitted(self, endpoint: Endpoint, request: web.Request, body: bytes) -> Json:
        floor = self.floor
        query = request.rel_url.raw_query_string
        params = Params.of(query, body)
        floor.meter.charge(endpoint.weight(params), floor.clock.now())
        now = floor.server_clock.now()
        key = request.headers.get(KEY_HEADER)
        self._door.admit(endpoint.security, Asked(key, params, query.encode("ascii"), body), now)
        if endpoint.orders != (0, 0):
            floor.meter.charge_orders(*endpoint.orders, floor.clock.now())
        return await endpoint.handler(Call(floor, params, now))


def _not_found(request: web.Request) -> web.StreamResponse:
    is_known = any(path == request.path for _, path in ENDPOINTS)
    status, text = (405, "Method Not Allowed") if is_known else (404, "Not Found")
    body = f"<html><head><title>{status} {text}</title></head><body><h1>{status} {text}</h1></body></html>"
    return web.Response(status=status, text=body, content_type="text/html")
