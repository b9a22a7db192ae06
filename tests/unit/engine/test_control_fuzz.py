"""The control socket under whatever may be sent to it: it lives on, stays small, and names each refusal."""

import asyncio
import json
import socket
import tempfile
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engine.test_control import _PATIENCE, Engine, at_once, connected, is_hung_up, line_of, served
from tui_trader.engine import control
from tui_trader.engine.commands import AskStatus, Command, Halt, Reply
from tui_trader.engine.control import MOST_PEERS, ask
from tui_trader.engine.home import Home

_LONGEST = 16_384
_MEGABYTE = 1 << 20
REFUSALS = {"INVALID_COMMAND", "BUSY", "NO_ANSWER", "INTERNAL_ERROR"}

VALID = st.sampled_from(
    [
        b'{"command":"status"}',
        b'{"command":"halt","reason":"x","flatten":false}',
        b'{"command":"order","symbol":"BTCUSDT","side":"BUY","quantity":"0.01","stop":"93000"}',
        b'{"command":"reduce","symbol":"BTCUSDT","percent":50}',
        b'{"command":"approve","approval":"K7QF"}',
    ]
)
DEEP = st.tuples(st.sampled_from([b"[", b'{"a":', b'{"command":']), st.integers(1, 6_000)).map(
    lambda pair: (pair[0] * pair[1])[:_LONGEST]
)
ODD = st.sampled_from(
    [
        b'{"command":"halt","reason":"' + rb"\ud800" * 50 + b'"}',
        b'{"command":"reduce","symbol":"BTCUSDT","percent":' + b"9" * 12_000 + b"}",
        b'{"command":"order","symbol":"A","side":"BUY","quantity":"1e999999999"}',
        b'{"command":"order","symbol":"A","side":"BUY","quantity":' + b"0" * 5_000 + b"1}",
        b'{"command":"status","command":"halt"}',
        b'{"command":"halt","' + b"k" * 10_000 + b'":1}',
        b'{"command":["halt"]}',
        b'{"command":null}',
        b"\xef\xbb\xbf" + b'{"command":"status"}',
        b"null",
        b"NaN",
        b'"status"',
        b"\x00" * 100,
        b"\r",
    ]
)


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A command with a piece cut out, doubled, or another in its place."""
    line = bytearray(draw(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(line)))
        end = draw(st.integers(start, len(line)))
        line[start:end] = draw(st.one_of(st.just(b""), st.just(bytes(line[start:end]) * 2), st.binary(max_size=6)))
    return bytes(line)


LINES = st.one_of(VALID, mangled(), st.binary(max_size=80), DEEP, ODD).map(
    lambda line: line.replace(b"\n", b"")[: _LONGEST - 1]
)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Path, Engine]]:
    with tempfile.TemporaryDirectory(prefix="tt-") as folder, served(Path(folder)) as both:
        yield both


@given(lines=st.lists(LINES, min_size=1, max_size=4), cut=st.integers(1, 50))
@settings(max_examples=150, deadline=None)
def test_every_line_has_one_answer_and_every_refusal_a_name(
    server: tuple[Path, Engine], lines: list[bytes], cut: int
) -> None:
    path, engine = server
    engine.commands.clear()
    with connected(path) as peer, peer.makefile("rb") as answers:
        sent = b"".join(line + b"\n" for line in lines)
        for start in range(0, len(sent), max(cut, len(sent) // 20)):  # in pieces, wherever they fall
            peer.sendall(sent[start : start + max(cut, len(sent) // 20)])
        replies: list[dict[str, Any]] = [json.loads(answers.readline()) for _ in lines]
    done = [reply for reply in replies if reply["done"]]
    assert len(engine.commands) == len(done)
    assert {reply["code"] for reply in replies if not reply["done"]} <= {"INVALID_COMMAND"}
    assert all(len(json.dumps(reply)) < 1_000 for reply in replies)


@given(parts=st.lists(st.one_of(LINES, st.binary(max_size=300), st.just(b"\n")), max_size=4), half=st.booleans())
@settings(max_examples=80, deadline=None)
def test_whoever_leaves_amid_a_line_harms_nobody(
    server: tuple[Path, Engine], parts: list[bytes], *, half: bool
) -> None:
    path, _ = server
    with connected(path) as peer, suppress(BrokenPipeError, ConnectionResetError):
        for part in parts:
            peer.sendall(part)
        if half:
            peer.shutdown(socket.SHUT_WR)
            assert all(json.loads(line)["code"] in REFUSALS | {""} for line in peer.makefile("rb"))
    assert ask(path, AskStatus(), timeout=_PATIENCE).done


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tt-") as path:
        yield Path(path)


def test_what_many_peers_can_make_it_hold_is_bounded_and_a_halt_gets_through_afterwards(folder: Path) -> None:
    """Each sends as much as it may without an end of line, four times as many as there is room for."""
    with served(folder) as (path, engine), ExitStack() as peers:
        tracemalloc.start()
        try:
            crowd = [crowding(path, peers) for _ in range(4 * MOST_PEERS)]
            refused = 0
            for peer in crowd:
                with suppress(BrokenPipeError, ConnectionResetError):
                    peer.sendall(b"x" * _LONGEST)
            for peer in crowd[MOST_PEERS:]:
                with suppress(ConnectionResetError):
                    refused += json.loads(line_of(peer) or b'{"code":""}')["code"] == "BUSY"
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert refused > MOST_PEERS
        assert peak < 8 * _MEGABYTE
        for peer in crowd:
            peer.close()
        assert until_answered(path, Halt()).done
    assert [command.command for command in engine.commands] == ["halt"]


def crowding(path: Path, peers: ExitStack) -> socket.socket:
    """One more connection; waits at the door while there is no room even to wait."""
    peer = peers.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    peer.connect(str(path))  # without a timeout it waits, with one it would fail at once
    peer.settimeout(_PATIENCE)
    return peer


def test_a_door_that_nobody_opens_is_an_engine_that_does_not_answer(folder: Path) -> None:
    path = folder / "control.sock"
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listener.bind(str(path))
        listener.listen(0)
        crowding(path, sockets)
        with pytest.raises(TimeoutError):
            ask(path, AskStatus(), timeout=0.05)


def until_answered(path: Path, command: Command) -> Reply:
    """Asked again while the others' ends have not all been seen."""
    while (reply := ask(path, command, timeout=_PATIENCE)).code == "BUSY":
        pass
    return reply


def test_a_peer_that_asks_and_never_reads_is_left_and_holds_nobody_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_TAKE_WITHIN", 0.05)
    long = Reply(done=True, text="y" * 100_000)

    def at_length(command: Command) -> "Future[Reply]":
        answer: Future[Reply] = Future()
        answer.set_result(long if isinstance(command, AskStatus) else Reply(done=True))
        return answer

    with served(folder, Engine(at_length)) as (path, engine), connected(path) as peer:
        peer.settimeout(0.2)
        with suppress(TimeoutError, ConnectionError):
            for _ in range(2_000):
                peer.sendall(AskStatus().model_dump_json().encode() + b"\n")
        assert ask(path, Halt(), timeout=_PATIENCE).done
        peer.settimeout(_PATIENCE)
        with suppress(ConnectionResetError):
            while peer.recv(1 << 16):
                pass
        asked = len(engine.commands)
        assert asked < 200


@pytest.mark.parametrize("drip", [b"x", b" "])
def test_a_line_that_drips_is_cut_off_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch, drip: bytes) -> None:
    monkeypatch.setattr(control, "_READ_WITHIN", 0.3)
    with served(folder) as (path, engine), connected(path) as peer:
        pause = asyncio.new_event_loop()
        try:
            with suppress(ConnectionError):
                for _ in range(500):
                    peer.sendall(drip)
                    pause.run_until_complete(asyncio.sleep(0.005))
        finally:
            pause.close()
        assert is_hung_up(peer)
        assert engine.commands == []


@pytest.mark.parametrize("broken", [RuntimeError("the key is sk-a-secret-of-some-length"), RecursionError()])
def test_a_defect_of_the_engine_is_named_and_the_socket_lives_on(
    folder: Path, broken: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def raising(command: Command) -> "Future[Reply]":
        if isinstance(command, Halt):
            return at_once(command)
        raise broken

    with served(folder, Engine(raising)) as (path, _):
        reply = ask(path, AskStatus(), timeout=_PATIENCE)
        assert (reply.done, reply.code) == (False, "INTERNAL_ERROR")
        assert "sk-a-secret" not in reply.text
        assert ask(path, Halt(), timeout=_PATIENCE).done
    assert "status was not carried out" in caplog.text


def test_the_socket_lies_where_only_its_owner_may_go(folder: Path) -> None:
    home = Home(folder / "home")
    home.folder.mkdir(mode=0o755)
    home.prepare()
    with served(home.folder) as (path, _):
        assert (home.folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
