"""The WebSocket paths: which route, which framing, which streams from the start, and whose account."""

from aiohttp import web

from tui_trader.exchange.loopback.connection import Connection
from tui_trader.exchange.loopback.floor import Floor
from tui_trader.exchange.loopback.stream_names import Route
from tui_trader.exchange.loopback.user_streams import UserListener


class SocketDesk:
    """Takes connections in. `connections` are those that are open, for whoever wants them to fail."""

    def __init__(self, floor: Floor) -> None:
        """For one floor."""
        self._floor = floor
        self.connections: dict[Connection, None] = {}

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The whole life of one connection."""
        route = Route(request.match_info.get("route", "legacy"))
        # Nothing is compressed: to squeeze each message would cost more time than the loopback needs to carry it.
        ws = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=1 << 20)
        await ws.prepare(request)
        connection = Connection(
            ws=ws,
            request=request,
            route=route,
            hub=self._floor.hub,
            clock=self._floor.clock,
            limits=self._floor.options.limits,
        )
        connection.is_combined = request.match_info["form"] == "stream"
        self.connections[connection] = None
        try:
            self._begin(connection, request)
            await connection.serve()
        finally:
            self.connections.pop(connection, None)
            self._floor.users.leave(connection)
        return ws

    def close_all(self) -> None:
        """The server stops."""
        for connection in tuple(self.connections):
            connection.close()

    def _begin(self, connection: Connection, request: web.Request) -> None:
        tail = request.match_info.get("tail", "").strip("/")
        if connection.route is Route.PRIVATE:
            self._begin_private(connection, request, tail)
            return
        # What follows /ws/ may be stream names, or a token that means nothing.
        streams = [name for name in tail.split("/") if name]
        for given in request.query.getall("streams", []):
            streams += [name for name in given.split("/") if name]
        connection.subscribe(streams)

    def _begin_private(self, connection: Connection, request: web.Request, tail: str) -> None:
        users = self._floor.users
        keys = request.query.getall("listenKey", []) or ([tail] if tail else [])
        events = [frozenset(filter(None, given.split("/"))) for given in request.query.getall("events", [])]
        for number, key in enumerate(keys):
            users.join(UserListener(connection, key, events[number] if number < len(events) else frozenset()))
