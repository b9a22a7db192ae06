"""The control socket: commands from other processes of the same user, on a real-time loop of its own."""

import asyncio
import logging
import os
import select
import socket
import struct
import threading
from pathlib import Path

from pydantic import ValidationError

from tui_trader.core.plain_text import one_line
from tui_trader.engine.client import EngineClient
from tui_trader.engine.commands import AskStatus, Command, Reply, parse_command, parse_reply
from tui_trader.engine.home import HomeError

_LONGEST_LINE = 16_384
_READ_WITHIN = 10.0
_ANSWER_WITHIN = 120.0
"""Real seconds. A flatten retries for a while before it says that it failed."""
_TAKE_WITHIN = 10.0
"""Real seconds in which a peer takes its answer; one that does not read is left."""
MOST_PEERS = 64
"""Connections at a time. Each may hold two lines and an answer, so this bounds what all of them can make us hold."""
_LONGEST_PLACE = 80
_AT_ONCE = 0.05
"""Real seconds in which most commands are answered, so that nobody needs to ask whether the engine lives."""
_PEER = struct.Struct("3i")
_TOO_LONG = Reply(done=False, code="INVALID_COMMAND", text=f"a command is one line of at most {_LONGEST_LINE} bytes")
_BUSY = Reply(
    done=False, code="BUSY", text=f"{MOST_PEERS} others are connected; try again, or halt by the file HALT in the home"
)
_DEFECT = Reply(done=False, code="INTERNAL_ERROR", text="a defect of the program; the home's tui-trader.log has it")

_log = logging.getLogger(__name__)


class NotRunning(Exception):
    """No engine listens in this home."""


class ControlServer:
    """Serves one engine. A halt works even while the engine's own loop hangs: the switch is tripped from here."""

    def __init__(self, path: Path, client: EngineClient) -> None:
        self._path = path
        self._client = client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="control socket", daemon=True)
        self._listening = threading.Event()
        self._refused: OSError | None = None
        self._peers = 0

    def start(self) -> None:
        """Listen; returns when the socket is there. Raises HomeError where the folder cannot hold one."""
        self._thread.start()
        self._listening.wait(timeout=5.0)
        if self._refused is not None:
            raise HomeError(
                f"{self._path}: a control socket cannot be made here ({self._refused.strerror}). "
                "Name a folder on a local disk with --home."
            )

    def close(self) -> None:
        """Stop listening and remove the socket."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(loop.stop)
        self._thread.join(timeout=2.0)
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        # Made here: an interrupt reaches only the main thread, so no loop is ever left half made.
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            self._path.unlink(missing_ok=True)
            server = loop.run_until_complete(
                asyncio.start_unix_server(self._connected, path=self._path, limit=_LONGEST_LINE)
            )
            self._path.chmod(0o600)
            self._listening.set()
            loop.run_forever()
            server.close()
            self._cancel_all(loop)
        except OSError as error:
            self._refused = error
        finally:
            self._listening.set()
            loop.close()

    @staticmethod
    def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peers += 1
        try:
            if not _is_our_user(writer):
                return
            if self._peers > MOST_PEERS:
                await _tell(writer, _BUSY)
                return
            while line := await self._line(reader):
                await _tell(writer, await self._answer(line))
        except _TooLong:
            writer.write(_TOO_LONG.line())  # what follows could not be told from the rest of that line: the end of it
        except (TimeoutError, ConnectionError):
            return  # a peer that stalls or leaves gets no answer
        except asyncio.CancelledError:
            return  # the server closes; a handler that ends as cancelled would be reported as a defect by the streams
        finally:
            self._peers -= 1
            await _hang_up(writer)

    @staticmethod
    async def _line(reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(_READ_WITHIN):
                return await reader.readline()
        except ValueError:
            raise _TooLong from None

    async def _answer(self, line: bytes) -> Reply:
        try:
            command = parse_command(line)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            place = one_line(".".join(str(part) for part in first["loc"]), _LONGEST_PLACE) or "command"
            return Reply(done=False, code="INVALID_COMMAND", text=f"{place}: {first['msg']}")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await asyncio.wrap_future(self._client.submit(command))
        except TimeoutError:
            return Reply(done=False, code="NO_ANSWER", text=f"the engine did not answer within {_ANSWER_WITHIN:g} s")
        except Exception:  # noqa: BLE001 - whatever it is, whoever asked is told, and the log has it
            _log.exception("%s was not carried out", command.command)
            return _DEFECT


class _TooLong(Exception):
    """A line without an end."""


async def _tell(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """Raises TimeoutError for a peer that does not read, ConnectionError for one that is gone."""
    writer.write(reply.line())
    async with asyncio.timeout(_TAKE_WITHIN):
        await writer.drain()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """What a peer has not taken in time is dropped with it."""
    writer.close()
    try:
        async with asyncio.timeout(_TAKE_WITHIN):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()
    except (ConnectionError, asyncio.CancelledError):
        return


def _is_our_user(writer: asyncio.StreamWriter) -> bool:
    """The socket's folder is private already; the kernel's word about the peer is the second lock."""
    peer = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, _ = _PEER.unpack(credentials)
    return uid in (os.getuid(), 0)


def ask(path: Path, command: Command, *, timeout: float = _ANSWER_WITHIN, silent_after: float | None = None) -> Reply:
    """Send one command to the engine of a home and wait for its answer. Raises NotRunning, TimeoutError.

    With `silent_after` an engine that is alive has all of `timeout`, and one that does not even say how it stands
    within so many seconds counts as hung: TimeoutError at once.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(timeout)
            peer.connect(str(path))
            peer.sendall(command.model_dump_json().encode() + b"\n")
            if silent_after is not None and not select.select([peer], [], [], _AT_ONCE)[0]:
                ask(path, AskStatus(), timeout=silent_after)
            with peer.makefile("rb") as answers:
                line = answers.readline()
    except (FileNotFoundError, ConnectionError):
        raise NotRunning(str(path)) from None
    except BlockingIOError:  # more wait to be let in than there is room for
        raise TimeoutError(str(path)) from None
    if not line.endswith(b"\n"):  # it ended in the middle of its answer
        raise NotRunning(str(path))
    return parse_reply(line)
