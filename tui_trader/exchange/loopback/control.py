"""The control path: faults asked for over the wire, by whoever has the token. Off unless the exchange is told to."""

import asyncio
import hmac
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import StrEnum

import msgspec
from aiohttp import web

from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.figures import JsonObject
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.exchange.loopback.mischief import Mischief
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.exchange.loopback.refusals import Refusal
from tui_trader.exchange.loopback.stream_names import Route

PATH = "/control"
TOKEN_HEADER = "X-Control-Token"


class Act(StrEnum):
    """What can be asked for."""

    REQUEST = "request"
    DROP = "drop"
    SILENCE = "silence"
    HALF_OPEN = "half-open"
    BURST = "burst"
    BURST_USER = "burst-user"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    LOSE = "lose"
    BREAK_DEPTH = "break-depth"
    EXPIRE_LISTEN_KEY = "expire-listen-key"
    SKEW = "skew"
    MODES = "modes"
    MARGIN_TYPE = "margin-type"
    RIGHTS = "rights"
    TRANSFER = "transfer"
    RESTART = "restart"
    MET = "met"
    """Changes nothing: the count that is answered is of the requests that went wrong so far."""
    CLEAR = "clear"


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One wish, as JSON; each act reads what concerns it."""

    act: Act
    kind: FaultKind = FaultKind.DELAY
    method: str = ""
    path: str = ""
    executes: bool = False
    skip: int = 0
    times: int = 1
    seconds: float = 1.0
    contains: str = ""
    route: Route | None = None
    symbol: str = ""
    count: int = 1
    dual_side: bool = False
    multi_assets: bool = False
    margin_type: MarginType = MarginType.CROSSED
    rights: GrantedRights = GrantedRights()
    amount: str = "0"


class ControlDesk:
    """Does what is asked for with the right token."""

    def __init__(self, mischief: Mischief, token: str) -> None:
        """`token` must not be empty."""
        self._mischief = mischief
        self._token = token
        self._later: set[asyncio.Task[None]] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """POST one wish; the answer says what it came to."""
        given = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _said(401, {"error": f"the header {TOKEN_HEADER} does not have the token that was printed"})
        try:
            wanted = msgspec.json.decode(await request.read(), type=Wanted)
            return _said(200, {"done": wanted.act.value, "count": await self._do(wanted)})
        except (msgspec.DecodeError, InvalidOperation, Refusal) as error:
            return _said(400, {"error": str(error)})

    async def _do(self, wanted: Wanted) -> int:
        """How many connections, messages or requests it concerns."""
        mischief = self._mischief
        on_streams: dict[Act, Callable[[Route | None], int]] = {
            Act.DROP: mischief.drop_streams,
            Act.SILENCE: mischief.silence_streams,
            Act.HALF_OPEN: mischief.half_open_streams,
        }
        counted: dict[Act, Callable[[int], None]] = {
            Act.BURST_USER: mischief.burst_user_events,
            Act.DUPLICATE: mischief.duplicate_user_events,
            Act.REORDER: mischief.reorder_user_events,
            Act.LOSE: mischief.lose_user_events,
            Act.BREAK_DEPTH: mischief.break_depth,
        }
        if wanted.act in on_streams:
            return on_streams[wanted.act](wanted.route)
        if wanted.act in counted:
            counted[wanted.act](wanted.count)
            return wanted.count
        match wanted.act:
            case Act.REQUEST:
                self._break_requests(wanted)
            case Act.MET:
                return mischief.plan.met
            case Act.TRANSFER:
                await mischief.transfer(Decimal(wanted.amount))
            case Act.RESTART:
                # After the answer: this request's own connection is broken too.
                task = asyncio.create_task(mischief.restart())
                self._later.add(task)
                task.add_done_callback(self._later.discard)
            case _:
                self._set(wanted)
        return 1

    def _break_requests(self, wanted: Wanted) -> None:
        self._mischief.request(
            wanted.kind,
            method=wanted.method,
            path=wanted.path,
            executes=wanted.executes,
            skip=wanted.skip,
            times=wanted.times,
            seconds=wanted.seconds,
            contains=wanted.contains,
        )

    def _set(self, wanted: Wanted) -> None:
        mischief, symbol = self._mischief, Symbol(wanted.symbol.upper())
        match wanted.act:
            case Act.BURST:
                mischief.burst(symbol, wanted.count)
            case Act.EXPIRE_LISTEN_KEY:
                mischief.expire_listen_key()
            case Act.SKEW:
                mischief.skew_clock(wanted.seconds)
            case Act.MODES:
                mischief.report_modes(dual_side=wanted.dual_side, multi_assets=wanted.multi_assets)
            case Act.RIGHTS:
                mischief.grant(wanted.rights)
            case Act.MARGIN_TYPE:
                mischief.floor.instrument(symbol)
                mischief.set_margin_type(symbol, wanted.margin_type)
            case Act.CLEAR:
                mischief.clear()
            case _:
                raise AssertionError(f"{wanted.act} is done elsewhere")


def _said(status: int, body: JsonObject) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
