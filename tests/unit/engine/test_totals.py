"""The summary counts this run and nothing before it, and its sums are the sums of its rows."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.rows import BTC, D, Log, fill
from tests.unit.engine.time import NOON
from tui_trader.core.money import ZERO
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import (
    CycleDecided,
    FundingBooked,
    JsonObject,
    ModelAnswered,
    OrderChanged,
    OrderFilled,
    Record,
    RiskJudged,
)
from tui_trader.core.words import ClientOrderId, CycleVerdict, TradingState
from tui_trader.engine.totals import RunTotals
from tui_trader.journal.ports import Head

ORDER, OTHER = ClientOrderId("tt-one"), ClientOrderId("tt-two")
AMOUNTS = st.decimals(-10_000, 10_000, places=8)


def decided() -> CycleDecided:
    return CycleDecided(cycle=1, symbols=(BTC,), verdict=CycleVerdict.HOLD, reason="", decider="rules")


def sold(realised: Decimal, fee: Decimal) -> OrderFilled:
    return OrderFilled(fill=replace(fill(ORDER), realised=realised, fee=fee))


def funded(amount: Decimal) -> FundingBooked:
    return FundingBooked(id="f", symbol=BTC, amount=amount, rate=D(0), mark=D(1), time=NOON)


def answered(cost: Decimal | None) -> ModelAnswered:
    return ModelAnswered(cycle=1, model="m", cost=cost)


def denied(code: str) -> RiskJudged:
    return RiskJudged(verdict="deny", tool="open_position", symbol=BTC, code=code)


def summary_of(*records: Record, unrealised: Decimal = ZERO, before: Decimal = ZERO) -> JsonObject:
    totals = RunTotals()
    totals.go_live(before)
    Log((totals,)).write_all(records)
    return totals.summary(
        time=NOON,
        unrealised=unrealised,
        equity=D("10010.50"),
        state=TradingState.ACTIVE,
        head=Head(9, b"\x01" * 32),
        ended="the data have ended",
    )


def test_a_run_in_one_line() -> None:
    said = summary_of(
        decided(),
        decided(),
        denied("MAX_LEVERAGE"),
        denied("DAILY_LOSS"),
        denied("MAX_LEVERAGE"),
        RiskJudged(verdict="shrink", tool="open_position", symbol=BTC, code="MAX_ORDER_NOTIONAL"),
        OrderChanged(client_order_id=ORDER, status=OrderStatus.SENT),
        OrderChanged(client_order_id=ORDER, status=OrderStatus.ACCEPTED),
        OrderChanged(client_order_id=OTHER, status=OrderStatus.SENT),
        OrderChanged(client_order_id=OTHER, status=OrderStatus.UNKNOWN),
        sold(D("12.5"), D("0.75")),
        funded(D("-0.25")),
        answered(D("0.0031")),
        unrealised=D("3.00"),
        before=D("1.00"),
    )
    assert said == {
        "event": "summary",
        "time": "2025-05-05T12:00:00.000Z",
        "decisions": 2,
        "orders": 2,
        "fills": 1,
        "denials": {"DAILY_LOSS": 1, "MAX_LEVERAGE": 2},
        "pnl": {
            "realised": "12.5",
            "unrealised": "2",
            "fees": "0.75",
            "funding": "-0.25",
            "model_cost": "0.0031",
            "net": "13.4969",
        },
        "observed": {"closed": 0, "net_bps": "0"},
        "equity": "10010.5",
        "trading_state": "ACTIVE",
        "ended": "the data have ended",
        "journal_head": "01" * 32,
        "journal_entries": 9,
    }


def test_what_was_before_the_run_does_not_count() -> None:
    totals = RunTotals()
    log = Log((totals,))
    log.write_all([decided(), sold(D(5), D(1)), denied("X")])
    totals.go_live(D(0))
    log.write(decided())
    said = totals.summary(
        time=NOON, unrealised=D(0), equity=None, state=TradingState.HALTED, head=Head(4, bytes(32)), ended=""
    )
    assert (said["decisions"], said["fills"], said["denials"]) == (1, 0, {})
    assert said["equity"] is None
    assert totals.decisions == 1


def test_an_answer_of_unknown_price_does_not_spoil_the_sum() -> None:
    pnl = summary_of(answered(None), answered(D("0.5")))["pnl"]
    assert isinstance(pnl, dict)
    assert pnl["model_cost"] == "0.5"


@given(st.lists(st.tuples(AMOUNTS, st.decimals(0, 100, places=8)), max_size=8), st.lists(AMOUNTS, max_size=4), AMOUNTS)
def test_net_is_what_the_parts_sum_to(
    trades: list[tuple[Decimal, Decimal]], funding: list[Decimal], unrealised: Decimal
) -> None:
    said = summary_of(*(sold(*trade) for trade in trades), *map(funded, funding), unrealised=unrealised)["pnl"]
    assert isinstance(said, dict)
    pnl = {name: Decimal(str(value)) for name, value in said.items()}
    assert pnl["realised"] == sum((realised for realised, _ in trades), start=D(0))
    assert pnl["fees"] == sum((fee for _, fee in trades), start=D(0))
    assert pnl["net"] == pnl["realised"] + pnl["unrealised"] - pnl["fees"] + pnl["funding"] - pnl["model_cost"]
