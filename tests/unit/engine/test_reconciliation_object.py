"""The reconciliation as `status` says it, with an engine and without one."""

from dataclasses import replace

from tests.fakes.engine_client import STATUS
from tests.unit.engine.rows import BTC, D, Log
from tui_trader.cli.status import in_words
from tui_trader.core.reconciliation import Agreement, Difference, DifferenceKind, Reconciliation
from tui_trader.core.records import AccountReconciled
from tui_trader.engine.past import Past
from tui_trader.engine.status import reconciliation_object, status_object

FOUND = Difference(kind=DifferenceKind.FOREIGN_POSITION, symbol=BTC, ours="0", theirs="0.05", done="counted")


def test_a_difference_is_told_with_its_verdict_and_the_age_in_milliseconds() -> None:
    told = reconciliation_object(Reconciliation(agreement=Agreement.AMBER, age=4.25, matched=3, differences=(FOUND,)))
    assert told == {
        "state": "amber",
        "age_ms": 4_250,
        "matched": 3,
        "differences": [
            {
                "kind": "foreign_position",
                "symbol": BTC,
                "ours": "0",
                "theirs": "0.05",
                "verdict": "counted",
                "done": "counted",
            }
        ],
    }


def test_the_status_in_words_names_what_differs() -> None:
    view = replace(
        STATUS, reconciliation=Reconciliation(agreement=Agreement.AMBER, age=4.25, matched=3, differences=(FOUND,))
    )
    words = in_words(status_object(view))
    assert "reconciliation amber, compared 4 s ago, 3 matched" in words
    assert "BTCUSDT: foreign position, exchange 0.05, ours 0: counted" in words


def test_without_an_engine_the_last_comparison_that_is_written_down_is_told() -> None:
    past = Past()
    log = Log((past,))
    log.write(AccountReconciled(wallet=D(1), equity=D(1), differences=(FOUND.text,), found=(FOUND,)))
    assert list(past.last_differences) == [FOUND]
    log.write(AccountReconciled(wallet=D(1), equity=D(1)))
    assert not past.last_differences
