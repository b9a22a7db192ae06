"""The ledger in weeks of running: what it keeps is bounded, and what may be told again is known again."""

from dataclasses import replace

import pytest

from tests.unit.engine.rows import BTC, D, Log, entry, fill
from tests.unit.engine.time import NOON
from tui_trader.core.order import ForeignFee, OrderStatus
from tui_trader.core.records import AccountReconciled, FundingBooked, OrderChanged, OrderFilled, OrderIntended
from tui_trader.core.words import ClientOrderId, TradeId
from tui_trader.desk import told as module
from tui_trader.desk.ledger import Ledger

KEPT = 50


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setattr(module, "_KEPT_TRADES", KEPT)
    monkeypatch.setattr(module, "_KEPT_BOOKINGS", KEPT)
    return Ledger()


def knows(ledger: Ledger, trade: int) -> bool:
    return ledger.knows_trade(BTC, TradeId(str(trade)))


def test_of_strangers_trades_the_oldest_are_forgotten(ledger: Ledger) -> None:
    log = Log((ledger,))
    for number in range(3 * KEPT):
        log.write(OrderFilled(fill=fill(ClientOrderId("autoclose-1"), trade=str(number))))
    assert [number for number in range(3 * KEPT) if knows(ledger, number)] == list(range(2 * KEPT, 3 * KEPT))


def test_a_trade_of_a_known_order_is_known_again_however_long_ago_it_was(ledger: Ledger) -> None:
    """A resting order that traded in part is asked for its fills from its beginning, weeks later too."""
    log = Log((ledger,))
    log.write(OrderIntended(intent=entry("5")))
    resting = log.last_order
    log.write(OrderChanged(client_order_id=resting, status=OrderStatus.SENT))
    log.write(OrderFilled(fill=fill(resting, "0.02", trade="0")))
    for number in range(1, 3 * KEPT):
        log.write(OrderFilled(fill=fill(ClientOrderId("autoclose-1"), trade=str(number))))
    held = ledger.position(BTC).quantity
    assert knows(ledger, 0)
    log.write(OrderFilled(fill=fill(resting, "0.02", trade="0")))
    assert ledger.position(BTC).quantity == held


def test_the_wallet_pays_no_fee_that_is_taken_in_another_asset(ledger: Ledger) -> None:
    log = Log((ledger,))
    log.write(AccountReconciled(wallet=D(1000), equity=D(1000), differences=()))
    log.write(OrderFilled(fill=fill(ClientOrderId("tt-1"), trade="1")))
    assert ledger.wallet == D("999.5")
    taken = ForeignFee(asset="BNB", amount=D("0.001"), is_estimate=False)
    log.write(OrderFilled(fill=replace(fill(ClientOrderId("tt-1"), trade="2"), foreign_fee=taken)))
    assert ledger.wallet == D("999.5")


def test_bookings_are_forgotten_too(ledger: Ledger) -> None:
    log = Log((ledger,))
    for number in range(2 * KEPT):
        log.write(FundingBooked(id=f"f-{number}", symbol=BTC, amount=D(1), rate=D(0), mark=D(1), time=NOON))
    assert not ledger.knows_booking("f-0")
    assert ledger.knows_booking(f"f-{2 * KEPT - 1}")
