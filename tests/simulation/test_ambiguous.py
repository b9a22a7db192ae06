"""A few hundred of the ten thousand ambiguous orders, and that a program that resends would be caught."""

import pytest

from tests.simulation.ambiguous import FATES, world_of
from tui_trader.core.order import Intent
from tui_trader.core.words import ClientOrderId
from tui_trader.desk.sender import Sender
from tui_trader.exchange.ports import SubmitOutcome, Uncertain


def test_an_order_without_an_answer_leaves_once_and_settles_as_what_it_is() -> None:
    counts, breaches = world_of(1)
    assert breaches == []
    assert counts["entries"] == 20
    assert counts["outcomes"] == counts["orders at the wire"] == counts["ids at the wire"] > 40
    assert all(counts[f"fate {fate.name}"] for fate in FATES)
    assert counts["looks at an unsettled entry"]
    assert counts["unsettled"] == 0


def test_a_program_that_resends_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Sender._submitted

    async def submitted(sender: Sender, order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        outcome = await inner(sender, order_id, intent)
        return await inner(sender, order_id, intent) if isinstance(outcome, Uncertain) else outcome

    monkeypatch.setattr(Sender, "_submitted", submitted)
    _, breaches = world_of(1)
    assert any("was sent 2 times" in breach for breach in breaches)
