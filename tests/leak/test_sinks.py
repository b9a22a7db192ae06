"""Every way out of the process, with each secret in each encoding put into it."""

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.leak.canaries import CANARIES, ENCODINGS, hits
from tests.unit.journal.samples import HandClock, in_virtual_time
from tui_trader.agent.llm.cassette import Recorder
from tui_trader.agent.llm.exchange import Asked, Came
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatUsage
from tui_trader.agent.llm.tape import Header
from tui_trader.cli import ways_out
from tui_trader.cli.context import Shared, refuse, say
from tui_trader.cli.output import LineWriter
from tui_trader.core.chance import Chance
from tui_trader.core.records import ToolCalled
from tui_trader.core.words import Actor
from tui_trader.engine.commands import Reply
from tui_trader.engine.diary import keep_diary
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import Entry
from tui_trader.journal.redact import SECRETS
from tui_trader.journal.writer import open_journal

SAID = tuple(f"it said {encode(value)} twice" for value in CANARIES.values() for encode in ENCODINGS.values())
HEADER = Header(seed=1, feed="synthetic", symbols=(), prompt_sha256="0" * 64, model="m")


@pytest.fixture(autouse=True)
def registered() -> None:
    for value in CANARIES.values():
        SECRETS.register(value)


@pytest.fixture
def quiet_log() -> Iterator[logging.Logger]:
    """The process's logging, which is put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield root
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def files_of(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_search_finds_what_is_put_in() -> None:
    assert all(hits(text) for text in SAID)


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "words"])
def test_answers_and_refusals(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    for text in SAID:
        say(Shared(as_json=as_json), {"event": "x", "text": text, text: [text, {"deep": (text,)}]}, text)
        with pytest.raises(SystemExit):
            refuse(text, 2)
    printed = capsys.readouterr()
    assert hits(printed.out + printed.err) == []
    assert min(printed.out.count("\n"), printed.err.count("\n")) >= len(SAID)
    assert not as_json or all(json.loads(line)["event"] == "x" for line in printed.out.splitlines())


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "words"])
def test_the_lines_of_a_run(*, as_json: bool) -> None:
    stream = io.StringIO()
    writer = LineWriter(as_json=as_json, stream=stream)
    for text in SAID:
        writer({"event": "decision", "time": "t", "cycle": 1, "verdict": "hold", "reason": text, "actions": [text]})
        writer({"event": "odd", "text": text})
    writer.close()
    assert hits(stream.getvalue()) == []
    assert stream.getvalue().count("\n") >= 2 * len(SAID)


def test_answers_of_the_control_socket() -> None:
    lines = b"".join(Reply(done=False, text=text, code="X", result={text: [text]}).line() for text in SAID)
    assert hits(lines) == []


def raising(text: str) -> None:
    local = text  # what a traceback with local variables would show
    raise ValueError(local)


def test_the_log_with_traces_and_their_causes(tmp_path: Path, quiet_log: logging.Logger) -> None:
    keep_diary(tmp_path / "tui-trader.log", ())
    quiet_log.setLevel(logging.DEBUG)
    for text in SAID:
        quiet_log.debug("said: %s", text)
        try:
            try:
                raising(text)
            except ValueError as error:
                raise KeyError(text) from error
        except KeyError:
            quiet_log.exception("failed: %r", {"headers": (text, text.encode())})
    content = (tmp_path / "tui-trader.log").read_bytes()
    assert hits(content) == []
    assert content.count(b"KeyError") >= len(SAID)


def by_the_main_thread(text: str) -> None:
    try:
        raising(text)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def by_another_thread(text: str) -> None:
    thread = threading.Thread(target=raising, args=(text,))
    thread.start()
    thread.join()


class _Dying:
    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        raising(self.text)


def by_a_finaliser(text: str) -> None:
    _Dying(text)


@pytest.mark.usefixtures("quiet_log")
@pytest.mark.parametrize("is_kept", [True, False], ids=["log", "stderr"])
@pytest.mark.parametrize("dies", [by_the_main_thread, by_another_thread, by_a_finaliser])
def test_what_nobody_caught(
    dies: Callable[[str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_kept: bool,
) -> None:
    for owner, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(ways_out, "_end_memory", lambda: None)
    ways_out.close()
    logging.getLogger().handlers.clear()  # pytest's own, which it has put there for this test
    if is_kept:
        keep_diary(tmp_path / "tui-trader.log", ())
    for text in SAID:
        dies(text)
    printed = capsys.readouterr()
    said = files_of(tmp_path).decode() if is_kept else printed.err
    assert said.count("ValueError") >= len(SAID)
    assert hits(said + printed.out + printed.err) == []
    assert not is_kept or printed.err == ""


def test_journal_recording_and_emergency_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def write() -> None:
        journal = await open_journal(tmp_path / "journal.db", HandClock(), Chance(1), threaded=False, redact=SECRETS)
        async with journal:
            for text in SAID:
                call = ToolCalled(tool="t", arguments={"reason": text, "deep": [text]})
                await journal.append(Entry(record=call, actor=Actor.AGENT))

    in_virtual_time(write)
    recorder = Recorder(tmp_path / "tape.jsonl", HEADER, redact=SECRETS)
    log = EmergencyLog(tmp_path / "emergency.jsonl", HandClock(), Chance(1), redact=SECRETS)
    nowhere = EmergencyLog(tmp_path / "none" / "emergency.jsonl", HandClock(), Chance(1), redact=SECRETS)
    for text in SAID:
        asked = Asked(
            model="m", max_output_tokens=1, parts={"user": json.dumps(text), "raw": text}, order_ids=(), key="k"
        )
        reply = ChatReply(
            text=text,
            calls=(ChatCall(name="hold", arguments=json.dumps({"reason": text})),),
            refused=False,
            truncated=False,
            usage=ChatUsage(),
        )
        recorder.add(asked, Came(nanoseconds=1, reply=reply))
        log.append({"note": text})
        nowhere.append({"note": text})
    recorder.close()
    assert hits(files_of(tmp_path)) == []
    printed = capsys.readouterr()
    assert "not recorded there" in printed.err
    assert hits(printed.out + printed.err) == []
