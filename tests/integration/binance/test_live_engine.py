"""A rehearsal of live, the whole engine: what has to hold before it begins, and what holds while it trades."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.loopback import BTC
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import D, asked, buy, check_agreement, closing_stops, running
from tests.integration.binance.live import account_of, live_options, rehearsal
from tests.unit.engine.runs import finished, records_of
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.core.records import EngineStarted, HomeOpened, LiveTerms, OrderIntended
from tui_trader.core.words import Mode
from tui_trader.engine.commands import AskStatus, FlattenAll
from tui_trader.engine.live.conditions import KEY_FROM_ANYWHERE, LiveRefused
from tui_trader.engine.options import RunOptions
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.risk.caps import LiveCaps

pytestmark = pytest.mark.usefixtures("own_state_folder")


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackThread]:
    with rehearsal(monkeypatch) as running_exchange:
        yield running_exchange


def refused(options: RunOptions) -> str:
    """The sentence with which a start is refused; nothing has begun then."""
    engine, lines = finished(replace(options, cycles=1))
    assert isinstance(engine.failure, LiveRefused), engine.failure
    assert lines == []
    assert records_of(options.home) == []
    return str(engine.failure)


def test_what_is_traded_in_live_stays_below_the_caps_and_the_start_row_says_on_what(
    tmp_path: Path, exchange: LoopbackThread
) -> None:
    account = account_of(exchange)
    options = live_options(tmp_path, exchange, accepted=account)
    with running(options) as engine:
        buy(engine)  # 600, where the prompt allows 2000 and the caps 250
        status = asked(engine, AskStatus()).result
        assert (status["mode"], status["account"], status["key_warning"]) == ("live", account, "")
        (held,) = exchange.ask("/fapi/v3/positionRisk")
        assert 0 < D(held["positionAmt"]) * D(held["entryPrice"]) <= 250
        assert closing_stops(exchange) == [D(59_500)]
        assert asked(engine, FlattenAll()).done
        assert exchange.ask("/fapi/v3/positionRisk") == []
    assert engine.failure is None
    check_agreement(options, exchange)
    opened, started, *rest = records_of(options.home)
    assert isinstance(opened, HomeOpened)
    assert (opened.mode, opened.account) == (Mode.LIVE, account)
    assert isinstance(started, EngineStarted)
    caps = LiveCaps.model_validate(PROPOSED)
    assert started.live == LiveTerms(account=account, caps=caps.as_record(), is_ip_bound=True)
    assert isinstance(started.policy["risk"], dict)
    assert started.policy["risk"]["max_order_notional"] == "250"
    assert any(isinstance(record, OrderIntended) for record in rest)


def test_a_key_that_works_from_anywhere_is_said_in_status_log_and_journal(
    tmp_path: Path, exchange: LoopbackThread, caplog: pytest.LogCaptureFixture
) -> None:
    exchange.bench.exchange.mischief.grant(GrantedRights(ip_restrict=False))
    options = live_options(tmp_path, exchange, accepted=account_of(exchange))
    with caplog.at_level(logging.WARNING), running(options) as engine:
        assert asked(engine, AskStatus()).result["key_warning"] == KEY_FROM_ANYWHERE
    assert [record.message for record in caplog.records if KEY_FROM_ANYWHERE in record.message]
    (started,) = [record for record in records_of(options.home) if isinstance(record, EngineStarted)]
    assert started.live is not None
    assert not started.live.is_ip_bound


@pytest.mark.parametrize(
    ("granted", "sentence"),
    [
        (GrantedRights(withdrawals=True), "the key may withdraw money"),
        (GrantedRights(internal_transfer=True), "the key may send money to other users"),
        (GrantedRights(universal_transfer=True), "the key may move money between accounts"),
        (GrantedRights(futures=False), "the key may not trade futures"),
    ],
)
def test_a_key_with_the_wrong_rights_begins_nothing_and_sets_nothing(
    tmp_path: Path, exchange: LoopbackThread, granted: GrantedRights, sentence: str
) -> None:
    mischief = exchange.bench.exchange.mischief
    mischief.grant(granted)
    mischief.set_margin_type(BTC, MarginType.CROSSED)
    assert sentence in refused(live_options(tmp_path, exchange, accepted=account_of(exchange)))
    assert exchange.ask("/fapi/v1/symbolConfig", symbol=BTC)[0]["marginType"] == "CROSSED"


def test_rights_that_cannot_be_read_are_no_rights(tmp_path: Path, exchange: LoopbackThread) -> None:
    options = live_options(tmp_path, exchange, accepted=account_of(exchange))
    exchange.bench.exchange.mischief.request(FaultKind.HTML_403, path="/account/apiRestrictions", times=10)
    assert "what the key may do could not be read" in refused(options)


@pytest.mark.parametrize("accepted", [None, "live-another"])
def test_without_the_accounts_own_name_nothing_begins(
    tmp_path: Path, exchange: LoopbackThread, accepted: str | None
) -> None:
    mischief = exchange.bench.exchange.mischief
    mischief.set_margin_type(BTC, MarginType.CROSSED)
    assert f"--i-accept-live {account_of(exchange)}" in refused(live_options(tmp_path, exchange, accepted=accepted))
    assert exchange.ask("/fapi/v1/symbolConfig", symbol=BTC)[0]["marginType"] == "CROSSED"


def test_the_same_options_are_refused_by_the_lock(
    tmp_path: Path, exchange: LoopbackThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = live_options(tmp_path, exchange, accepted=account_of(exchange))
    monkeypatch.undo()
    engine, _ = finished(replace(options, cycles=1))
    assert isinstance(engine.failure, LiveRefused)
    assert "does not trade real money yet" in str(engine.failure)
