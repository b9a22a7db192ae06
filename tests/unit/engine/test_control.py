"""The control socket: commands of the same user in, answers out, and no peer that can hold it up."""

import json
import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.journal.samples import as_nobody
from tui_trader.engine import control
from tui_trader.engine.client import Ending
from tui_trader.engine.commands import AskStatus, Command, Halt, PlaceOrder, Reply
from tui_trader.engine.control import ControlServer, NotRunning, ask
from tui_trader.engine.cycle_story import Told
from tui_trader.engine.home import HomeError
from tui_trader.engine.mailbox import Mailbox

_PATIENCE = 20.0
_LONGEST_LINE = 16_384


def at_once(command: Command) -> "Future[Reply]":
    """An engine that has done everything already."""
    answer: Future[Reply] = Future()
    answer.set_result(Reply(done=True, text=command.command))
    return answer


@dataclass
class Engine:
    """A client that remembers its commands."""

    answer: Callable[[Command], "Future[Reply]"] = at_once
    commands: list[Command] = field(default_factory=list)
    mailbox: Mailbox = field(default_factory=Mailbox)
    embeds: bool = True
    is_over: bool = False
    ending: Ending | None = None

    def story(self, cycle: int, near: int) -> "Future[tuple[Told, ...]]":
        raise NotImplementedError

    def submit(self, command: Command) -> "Future[Reply]":
        self.commands.append(command)
        return self.answer(command)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a socket's is limited."""
    with tempfile.TemporaryDirectory(prefix="tt-") as path:
        yield Path(path)


@contextmanager
def served(folder: Path, engine: Engine | None = None) -> Iterator[tuple[Path, Engine]]:
    path, engine = folder / "control.sock", engine or Engine()
    server = ControlServer(path, engine)
    server.start()
    try:
        yield path, engine
    finally:
        server.close()


@contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(_PATIENCE)
        peer.connect(str(path))
        yield peer


@contextmanager
def connected_while_closing(folder: Path) -> Iterator[socket.socket]:
    """A peer that has been answered once, after the server's end."""
    with ExitStack() as connection:
        with served(folder) as (path, _):
            peer = connection.enter_context(connected(path))
            peer.sendall(AskStatus().model_dump_json().encode() + b"\n")
            line_of(peer)
        yield peer


def line_of(peer: socket.socket) -> bytes:
    """One line of the answer; empty at the end of the connection."""
    with peer.makefile("rb") as answers:
        return answers.readline()


def is_hung_up(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True  # it had not read everything that it was sent


def test_a_command_reaches_the_engine_as_it_was_meant(folder: Path) -> None:
    order = PlaceOrder.model_validate({"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.0010", "stop": "93000"})
    with served(folder) as (path, engine):
        reply = ask(path, order, timeout=_PATIENCE)
    assert engine.commands == [order]
    assert reply == Reply(done=True, text="order")


def test_a_reply_comes_back_whole(folder: Path) -> None:
    said = Reply(done=False, time="t", text="żle", code="X", result={"a": [1, {"b": None}], "c": "1.50"})

    def refuse(_: Command) -> "Future[Reply]":
        answer: Future[Reply] = Future()
        answer.set_result(said)
        return answer

    with served(folder, Engine(refuse)) as (path, _):
        assert ask(path, AskStatus(), timeout=_PATIENCE) == said


def test_several_commands_on_one_connection_are_answered_in_turn(folder: Path) -> None:
    with served(folder) as (path, engine), connected(path) as peer, peer.makefile("rb") as answers:
        for command in (AskStatus(), Halt(reason="enough")):
            peer.sendall(command.model_dump_json().encode() + b"\n")
            assert json.loads(answers.readline())["text"] == command.command
    assert [command.command for command in engine.commands] == ["status", "halt"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "command"),
        (b"not json", "command"),
        (b'{"command": "withdraw"}', "command"),
        (b'{"command": "halt", "reason": "x", "leverage": 125}', "leverage"),
        (b'{"command": "order", "symbol": "BTCUSDT", "side": "BUY", "quantity": "-1"}', "quantity"),
        (b'{"command": "order", "symbol": "BTCUSDT", "side": "BUY", "quantity": "NaN"}', "quantity"),
        (b'{"command": "reduce", "symbol": "BTCUSDT", "percent": 101}', "percent"),
        (b"\xff\xfe", "command"),
    ],
)
def test_what_is_no_command_is_refused_by_name_and_reaches_nobody(folder: Path, *, line: bytes, said: str) -> None:
    with served(folder) as (path, engine), connected(path) as peer:
        peer.sendall(line + b"\n")
        reply = json.loads(line_of(peer))
    assert (reply["done"], reply["code"]) == (False, "INVALID_COMMAND")
    assert said in reply["text"]
    assert engine.commands == []


def test_a_refusal_does_not_repeat_what_was_sent(folder: Path) -> None:
    with served(folder) as (path, _), connected(path) as peer:
        peer.sendall(b'{"command": "halt", "reason": 12345678901234567890}\n')
        assert b"1234567890" not in line_of(peer)


def test_a_flood_without_a_line_is_told_so_and_hung_up_on_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_READ_WITHIN", 10 * _PATIENCE)
    with served(folder) as (path, engine), connected(path) as peer:
        peer.sendall(b"x" * (2 * _LONGEST_LINE + 1))
        assert json.loads(line_of(peer))["code"] == "INVALID_COMMAND"
        assert is_hung_up(peer)
        assert ask(path, AskStatus(), timeout=_PATIENCE).done
    assert [command.command for command in engine.commands] == ["status"]


def test_a_peer_that_says_nothing_is_hung_up_on_and_holds_nobody_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_READ_WITHIN", 0.05)
    with served(folder) as (path, _), connected(path) as silent:
        assert ask(path, AskStatus(), timeout=_PATIENCE).done
        assert is_hung_up(silent)


def test_an_engine_that_does_not_answer_is_said_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_ANSWER_WITHIN", 0.05)
    with served(folder, Engine(lambda _: Future())) as (path, _):
        reply = ask(path, AskStatus(), timeout=_PATIENCE)
    assert (reply.done, reply.code) == (False, "NO_ANSWER")


def test_a_question_that_waits_does_not_hold_up_a_halt(folder: Path) -> None:
    waiting: list[Future[Reply]] = []

    def answer(command: Command) -> "Future[Reply]":
        if isinstance(command, Halt):
            return at_once(command)
        waiting.append(Future())
        return waiting[-1]

    with served(folder, Engine(answer)) as (path, _), connected(path) as peer:
        peer.sendall(AskStatus().model_dump_json().encode() + b"\n")
        assert ask(path, Halt(), timeout=_PATIENCE).text == "halt"
        waiting[0].set_result(Reply(done=True))
        assert json.loads(line_of(peer))["done"]


def test_the_socket_is_the_owners_and_goes_with_the_server(folder: Path) -> None:
    with served(folder) as (path, _):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


def test_closing_hangs_up_on_who_is_still_connected_without_a_word_in_the_log(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with connected_while_closing(folder) as peer:
        assert is_hung_up(peer)
    assert caplog.records == []


def test_what_a_killed_engine_left_behind_is_replaced(folder: Path) -> None:
    stale = folder / "control.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(stale))
    with pytest.raises(NotRunning):
        ask(stale, AskStatus(), timeout=_PATIENCE)
    with served(folder) as (path, _):
        assert ask(path, AskStatus(), timeout=_PATIENCE).done


def test_without_an_engine_nobody_is_running(folder: Path) -> None:
    with pytest.raises(NotRunning):
        ask(folder / "control.sock", AskStatus(), timeout=_PATIENCE)


@pytest.mark.parametrize("half", [b"", b'{"done": tr'])
def test_an_engine_that_dies_before_its_answer_is_not_running(folder: Path, half: bytes) -> None:
    path = folder / "control.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        child = os.fork()
        if child == 0:
            peer, _ = listener.accept()
            peer.sendall(half)
            os._exit(0)
        with pytest.raises(NotRunning):
            ask(path, AskStatus(), timeout=_PATIENCE)
        os.waitpid(child, 0)


def test_a_folder_that_cannot_hold_a_socket_is_told_in_a_sentence(folder: Path) -> None:
    server = ControlServer(folder / "missing" / "control.sock", Engine())
    with pytest.raises(HomeError, match=r"control\.sock: a control socket cannot be made here.*--home"):
        server.start()
    server.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try as somebody else")
def test_another_user_is_not_answered_even_where_the_file_system_lets_him_in(folder: Path) -> None:
    def is_not_answered() -> bool:
        with connected(path) as peer:
            try:
                peer.sendall(AskStatus().model_dump_json().encode() + b"\n")
            except BrokenPipeError:
                return True
            return is_hung_up(peer)

    with served(folder) as (path, engine):
        folder.chmod(0o755)
        path.chmod(0o666)
        assert as_nobody(is_not_answered)
    assert engine.commands == []
