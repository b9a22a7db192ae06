"""How far a home is from live: every condition has its line, and the key is asked about only when all else holds."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.fakes.loopback import CREDENTIALS
from tests.integration.binance.demo import urls
from tests.integration.binance.live import account_of, rehearsal
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.engine.credentials import PLAIN, Found
from tui_trader.engine.live import standing as standing_module
from tui_trader.engine.live.conditions import KEY_FROM_ANYWHERE
from tui_trader.engine.live.standing import Standing, standing
from tui_trader.engine.secret_sources import SecretName
from tui_trader.engine.settings import BinanceSettings, Settings
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.risk.caps import LiveCaps

NOTHING_SET = Settings.model_construct()
SEALED = dict.fromkeys((SecretName.BINANCE_API_KEY, SecretName.BINANCE_API_SECRET), Found("a folder", is_sealed=True))


def config_of(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text('mode = "live"')
    return path


def unmet(lines: list[Standing]) -> list[str]:
    return [each.name for each in lines if not each.holds]


def test_a_fresh_home_is_told_everything_at_once_and_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_module, "environment_for", lambda *_: pytest.fail("a key would have gone out"))
    lines = list(standing(NOTHING_SET, {}, tmp_path / "config.toml"))
    assert unmet(lines) == ["lock", "mode", "feed", "decider", "caps", "key", "rights"]
    assert "comes first" in lines[-1].said


def test_with_all_else_done_the_lock_is_what_is_left_and_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_module, "environment_for", lambda *_: pytest.fail("a key would have gone out"))
    caps = LiveCaps.model_validate(PROPOSED)
    ready = Settings.model_construct(feed="binance", decider="rules", live_caps=caps)
    assert unmet(list(standing(ready, SEALED, config_of(tmp_path)))) == ["lock", "rights"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "no binance_api_key and no binance_api_secret"),
        ({SecretName.BINANCE_API_KEY: Found("a folder", is_sealed=True)}, "keys set binance_api_secret"),
        (dict.fromkeys(SEALED, Found(PLAIN, is_sealed=False)), "live takes no secret from the environment"),
    ],
)
def test_a_key_that_is_missing_or_plain_is_said(tmp_path: Path, found: dict[SecretName, Found], said: str) -> None:
    (line,) = [each for each in standing(NOTHING_SET, found, tmp_path / "config.toml") if each.name == "key"]
    assert not line.holds
    assert said in line.said


def test_in_a_rehearsal_the_key_is_asked_about_right_by_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rehearsal(monkeypatch) as exchange:
        rest_url, stream_url = urls(exchange)
        binance = BinanceSettings(
            rest_url=rest_url,
            stream_url=stream_url,
            api_key=SecretStr(CREDENTIALS.key),
            api_secret=SecretStr(CREDENTIALS.secret),
        )
        caps = LiveCaps.model_validate(PROPOSED)
        ready = Settings.model_construct(feed="binance", decider="rules", live_caps=caps, binance=binance)
        config, mischief = config_of(tmp_path), exchange.bench.exchange.mischief
        lines = list(standing(ready, SEALED, config))
        assert unmet(lines) == []
        assert lines[-1].said.endswith(f"--i-accept-live {account_of(exchange)}")
        mischief.grant(GrantedRights(withdrawals=True, futures=False, ip_restrict=False))
        lines = list(standing(ready, SEALED, config))
        assert unmet(lines) == ["rights", "rights", "address"]
        assert [(each.said, each.refuses) for each in lines if each.name == "address"] == [(KEY_FROM_ANYWHERE, False)]
        mischief.request(FaultKind.HTML_403, path="/account/apiRestrictions", times=10)
        (line,) = [each for each in standing(ready, SEALED, config) if not each.holds]
        assert "could not be read" in line.said
