"""The engine in demo beside a person who uses the same account: counted, left alone, taken over at his word."""

from pathlib import Path

import pytest

from tests.fakes.loopback import BTC, LoopbackBench
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import BUY, D, asked, buy, closing_stops, demo_options, running, until, urls
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import Adopt, AskStatus, FlattenAll, Halt, Resume
from tui_trader.engine.thread import EngineThread
from tui_trader.exchange.loopback.options import MarginType

pytestmark = pytest.mark.usefixtures("own_state_folder")


def reconciliation(engine: EngineThread) -> JsonObject:
    found = asked(engine, AskStatus()).result["reconciliation"]
    assert isinstance(found, dict)
    return found


def kinds(engine: EngineThread) -> set[tuple[object, object]]:
    found = reconciliation(engine)["differences"]
    assert isinstance(found, list)
    return {(each["kind"], each["symbol"]) for each in found if isinstance(each, dict)}


def held(exchange: LoopbackThread) -> dict[str, object]:
    return {each["symbol"]: D(each["positionAmt"]) for each in exchange.ask("/fapi/v3/positionRisk")}


def test_what_a_person_holds_and_works_is_counted_left_alone_adopted_and_flattened(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    with running(demo_options(tmp_path, *urls(exchange))) as engine:
        until(lambda: reconciliation(engine)["state"] == "green")
        exchange.call(lambda bench: bench.market("BUY", "0.005"))
        exchange.call(lambda bench: bench.limit("BUY", "0.010", 50_000, newClientOrderId="web-1"))
        until(lambda: kinds(engine) == {("foreign_position", BTC), ("foreign_order", BTC)})
        assert reconciliation(engine)["state"] == "amber"
        denied = asked(engine, BUY)
        assert denied.code == "FOREIGN_EXPOSURE"
        assert held(exchange) == {BTC: D("0.005")}
        adopted = asked(engine, Adopt(symbol=BTC, stop=D(59_000), cancel_orders=True))
        assert adopted.done, adopted
        assert adopted.result["cancelled"] == 1
        assert exchange.ask("/fapi/v1/openOrders", symbol=BTC) == []
        assert closing_stops(exchange) == [D(59_000)]
        until(lambda: reconciliation(engine)["state"] == "green")
        buy(engine)
        assert asked(engine, FlattenAll()).done
        assert held(exchange) == {}
    assert engine.failure is None


def test_a_flatten_at_the_operators_word_closes_what_a_person_opened(tmp_path: Path, exchange: LoopbackThread) -> None:
    with running(demo_options(tmp_path, *urls(exchange))) as engine:
        exchange.call(lambda bench: bench.market("SELL", "0.005"))
        exchange.call(lambda bench: bench.stop("BUY", 70_000, clientAlgoId="web-2"))
        until(lambda: ("foreign_position", BTC) in kinds(engine))
        assert asked(engine, FlattenAll()).done
        assert held(exchange) == {}
        assert exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC) == []


def test_a_margin_mode_that_somebody_changed_is_set_back(tmp_path: Path, exchange: LoopbackThread) -> None:
    async def cross(bench: LoopbackBench) -> None:
        bench.exchange.mischief.set_margin_type(BTC, MarginType.CROSSED)

    with running(demo_options(tmp_path, *urls(exchange))) as engine:
        assert asked(engine, Halt(flatten=True)).done, "whatever the rules have opened would keep it from being set"
        until(lambda: reconciliation(engine)["state"] == "green")
        exchange.call(cross)
        refused = asked(engine, Resume(reason="is all as it was?"))
        assert "margin mode" in refused.text, refused
        until(lambda: asked(engine, Resume(reason="it is set back")).done, every=0.5)
        assert exchange.ask("/fapi/v1/symbolConfig", symbol=BTC)[0]["marginType"] == "ISOLATED"
        assert reconciliation(engine)["state"] == "green"
