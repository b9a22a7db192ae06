"""A recording in an encrypted home: it plays as a plain one does, shows nothing, and opens with its key only."""

from pathlib import Path

import pytest

from tests.unit.journal.test_seal import OTHER, SEAL
from tui_trader.agent.llm.cassette import Recorder
from tui_trader.agent.llm.exchange import Asked, Came
from tui_trader.agent.llm.replay import read_cassette
from tui_trader.agent.llm.tape import CassetteError, Header
from tui_trader.journal.seal import Seal

MARKER = "planted-question-4711"
HEADER = Header(seed=1, feed="synthetic", symbols=("BTCUSDT",), prompt_sha256="0" * 64, model="planted-model")
ASKED = Asked(model="m", max_output_tokens=10, parts={"user": f'"{MARKER}"'}, order_ids=(), key="k")
CAME = Came(nanoseconds=5, fault="TIMEOUT", may_cost=True)


def recorded(path: Path, seal: Seal | None) -> Path:
    recorder = Recorder(path, HEADER, redact=str, seal=seal)
    recorder.add(ASKED, CAME)
    recorder.close()
    return path


@pytest.mark.parametrize("seal", [SEAL, None], ids=["encrypted", "plain"])
def test_a_recording_plays_whatever_it_was_written_with(tmp_path: Path, seal: Seal | None) -> None:
    path = recorded(tmp_path / "monday.jsonl", seal)
    cassette = read_cassette(path, SEAL)
    assert cassette.header == HEADER
    assert cassette.play(ASKED) == CAME
    shown = [word for word in (MARKER, "BTCUSDT", "planted-model") if word.encode() in path.read_bytes()]
    assert bool(shown) == (seal is None)


@pytest.mark.parametrize("seal", [OTHER, None], ids=["another key", "no key"])
def test_without_its_key_a_recording_is_refused_in_a_sentence(tmp_path: Path, seal: Seal | None) -> None:
    path = recorded(tmp_path / "monday.jsonl", SEAL)
    with pytest.raises(CassetteError, match=r"monday\.jsonl, line 1: .*another key"):
        read_cassette(path, seal)
