"""How far the paper exchange is from the engine: the documented latency, and what is set of it."""

from pathlib import Path

from tests.unit.engine.runs import SEED, finished, run_options
from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import OrderChanged
from tui_trader.core.words import ClientOrderId
from tui_trader.engine.settings import PaperSettings, Settings
from tui_trader.journal.reader import JournalReader

CYCLES = 15
"""On the synthetic market of this seed the baseline enters at its first decision."""


def delays(home: Path, *, seed: int = SEED, settings: Settings | None = None) -> list[float]:
    """Seconds from leaving to the answer, of each order of a run."""
    options = run_options(home, cycles=CYCLES, seed=seed, settings=settings)
    engine, _ = finished(options)
    assert engine.failure is None
    left: dict[ClientOrderId, Instant] = {}
    took: list[float] = []
    with JournalReader(options.home.journal) as reader:
        for row in reader.rows():
            match row.record:
                case OrderChanged(client_order_id=order, status=OrderStatus.SENT):
                    left[order] = row.time
                case OrderChanged(client_order_id=order, status=OrderStatus.ACCEPTED):
                    took.append(elapsed(left[order], row.time))
                case _:
                    pass
    assert len(took) >= 2
    return took


def test_a_request_takes_fifty_milliseconds_and_a_tail_of_its_own_the_same_under_a_seed(tmp_path: Path) -> None:
    took = delays(tmp_path / "one")
    assert all(0.05 < each <= 0.45 for each in took)
    assert len(set(took)) == len(took)
    assert delays(tmp_path / "two") == took


def test_the_way_is_as_long_as_it_is_set(tmp_path: Path) -> None:
    far = Settings.model_construct(paper=PaperSettings(latency_ms=700, jitter_ms=0))
    assert set(delays(tmp_path / "home", settings=far)) == {0.7}
