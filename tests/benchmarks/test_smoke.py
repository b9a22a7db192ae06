"""Each benchmark still runs: a few of each, and no word about times."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.catalogue import BENCHMARKS
from tests.benchmarks.figure import Figure, as_json, as_table, percentile
from tests.benchmarks.starting import has_painted


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_yields_figures(name: str, tmp_path: Path) -> None:
    benchmark = BENCHMARKS[name]
    figures = list(benchmark.measure(tmp_path, benchmark.least))
    assert figures
    for figure in figures:
        # A share of few may be none, a result may be a loss; what was timed or counted is more than nothing.
        assert figure.value > 0 or figure.unit in ("%", "USDT"), figure
        assert figure.baseline is None or figure.baseline > 0, figure


def test_the_table_is_aligned_and_tells_the_ratio() -> None:
    rate = Figure(subject="gate", name="entry", value=1234.5, unit="per s", baseline=617.25, against="nothing")
    bare = Figure(subject="long", name="rows", value=0.05, unit="rows", note="few")
    head, first, second = as_table([rate, bare]).splitlines()
    assert head.split() == ["subject", "figure", "value", "unit", "ratio", "against"]
    assert first.split() == ["gate", "entry", "1,234", "per", "s", "2", "nothing:", "617"]
    assert second.split() == ["long", "rows", "0.0500", "rows", "few"]
    assert first.index("per s") == second.index("rows", second.index("0.0500"))


def test_a_json_line_holds_the_whole_figure() -> None:
    figure = Figure(subject="gate", name="entry", value=3.0, unit="ms", baseline=2.0, against="one", note="n")
    assert json.loads(as_json(figure)) == {
        "subject": "gate",
        "name": "entry",
        "value": 3.0,
        "unit": "ms",
        "baseline": 2.0,
        "against": "one",
        "ratio": 1.5,
        "note": "n",
    }


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_a_percentile_is_one_of_the_samples(share: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (b"", False),
        (b"loading", False),
        (b"\x1b[?1049h\x1b[?25l\x1b[2J\x1b[1;1H   \x1b[0m\x1b]0;title\x07\x1bP+q544e\x1b\\", False),
        (b"\x1b[?1049h\x1b[1;1H\x1b[38;5;7mPAPER", True),
    ],
)
def test_a_paint_is_a_letter_on_the_full_screen(*, output: bytes, expected: bool) -> None:
    assert has_painted(output) is expected
