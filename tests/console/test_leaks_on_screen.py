"""What a model quotes of a planted secret is not on the screen, nor in a picture of it, at any moment of a decision."""

import html
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.console.consoles import text_of
from tests.fakes.model_service import MODEL, answers, model_service
from tests.leak.canaries import CANARIES, ENCODINGS, hits, planted
from tests.unit.engine.runs import run_options
from tui_trader.core.records import JsonValue
from tui_trader.engine.client import Ending
from tui_trader.engine.settings import OpenAISettings, Settings
from tui_trader.engine.thread import EngineThread
from tui_trader.journal.redact import REDACTED
from tui_trader.tui.app import TraderApp
from tui_trader.tui.widgets.glyphs import UNICODE

HELD = ("openai_api_key",)
_SIZE = (200, 50)
"""Wide enough that no secret is broken into two lines, where the search would not find it."""
_LOOKS = 1_200


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineThread]:
    """Asked every cycle, at sixty times the pace, by a model that quotes the key in each encoding."""
    number = count()
    said: list[str] = []

    def script(_: dict[str, JsonValue]) -> str:
        said.append(f"see {planted(next(number), HELD)}")
        return answers(("hold", {"reason": said[-1]}))

    shipped = Path(__file__).parents[2] / "prompts" / "trader.md"
    prompt = tmp_path / "always.md"
    prompt.write_text(shipped.read_text().replace("applies_to: model", "applies_to: nobody"))
    with model_service(script) as server:
        openai = OpenAISettings(base_url=server.base_url, api_key=SecretStr(CANARIES["openai_api_key"]), model=MODEL)
        options = run_options(
            tmp_path / "home",
            decider="openai",
            prompt=str(prompt),
            speed=600.0,
            cycles=len(ENCODINGS),
            with_console=True,
            settings=Settings.model_construct(openai=openai),
        )
        engine = EngineThread(options)
        yield engine
        engine.stop("the test ends")
        engine.join()
        assert len(said) >= len(ENCODINGS)
        assert all(hits(each) for each in said)


async def test_no_frame_of_the_console_shows_what_a_model_quotes(engine: EngineThread) -> None:
    app = TraderApp(engine, glyphs=UNICODE, painted=engine.start)
    frames, ending = set[str](), None
    async with app.run_test(size=_SIZE) as pilot:
        for _ in range(_LOOKS):
            await pilot.pause(0.05)
            frames.add(text_of(app.screen))
            ending = engine.ending
            if ending is not None:
                break
        picture = html.unescape(app.export_screenshot())
    assert isinstance(ending, Ending)
    assert ending.failure is None
    assert [found for frame in frames if (found := hits(frame))] == []
    assert any(f"see {REDACTED}" in frame for frame in frames), "else the reasons were never shown"
    assert hits(picture) == []
