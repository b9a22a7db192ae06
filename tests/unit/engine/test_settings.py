"""Settings: which source wins, that nothing unknown passes, and that no secret is ever said."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from tui_trader.core.words import Mode
from tui_trader.engine.settings import Settings, SettingsError, load_settings, written_mode

SECRET = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the machine on which the tests run."""
    for name in list(os.environ):
        if name.startswith("TUI_TRADER_") or name == "OPENAI_API_KEY":
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_a_word_the_defaults_hold(config: Path) -> None:
    settings = load_settings(config)
    assert (settings.mode, settings.feed, settings.decider, settings.speed) == (Mode.PAPER, "auto", "auto", "1")
    assert settings.symbols == ()
    assert settings.model_key is None
    assert settings.secrets() == ()


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('feed = "synthetic"\nprompt = "careful"\n[openai]\nmodel = "of-the-file"\n')
    monkeypatch.setenv("TUI_TRADER_PROMPT", "bold")
    settings = load_settings(config)
    assert (settings.feed, settings.prompt, settings.openai.model) == ("synthetic", "bold", "of-the-file")
    assert settings.theme == Settings.model_fields["theme"].default


def test_a_nested_variable_changes_only_its_own_part(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('[openai]\nmodel = "of-the-file"\nbase_url = "http://file.invalid/v1"\n')
    monkeypatch.setenv("TUI_TRADER_OPENAI__MODEL", "of-the-environment")
    settings = load_settings(config)
    assert settings.openai.model == "of-the-environment"
    assert settings.openai.base_url == "http://file.invalid/v1"


def test_the_homes_variable_is_no_setting_and_no_error(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TRADER_HOME", "anywhere")
    load_settings(config)


def test_variables_of_other_programs_are_left_alone(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED", "nothing")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.invalid")
    settings = load_settings(config)
    assert settings.feed == "auto"
    assert settings.openai.base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("TUI_TRADER_FEDE", "Did you mean feed?"),
        ("TUI_TRADER_OPENAI__MODLE", ""),
        ("TUI_TRADER_OPENAI__MODEL__NAME", ""),
        ("TUI_TRADER_FEED__NAME", ""),
        ("TUI_TRADER_", ""),
    ],
)
def test_an_unknown_variable_is_refused_by_name(
    config: Path, monkeypatch: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    with pytest.raises(SettingsError) as refused:
        load_settings(config)
    assert name in str(refused.value)
    assert hint in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fede = "synthetic"', ("fede", "Did you mean feed?")),
        ('[openai]\nmodle = "x"', ("openai.modle", "Did you mean model?")),
        (f'[binance]\napi_secret = ["{SECRET}"]', ("binance.api_secret",)),
        (f'mode = "{SECRET}"', ("mode",)),
        (f'seed = "{SECRET}"', ("seed",)),
    ],
)
def test_a_wrong_line_of_the_file_is_refused_by_name_and_never_by_value(
    config: Path, text: str, said: tuple[str, ...]
) -> None:
    config.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_settings(config)
    for part in (*said, str(config)):
        assert part in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_file_that_is_no_toml_is_refused_by_name(config: Path) -> None:
    config.write_text("feed = = 3")
    with pytest.raises(SettingsError, match=rf"{config}: not valid TOML"):
        load_settings(config)


def test_a_file_that_is_no_text_is_refused_by_name(config: Path) -> None:
    config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=rf"{config}: cannot be read"):
        load_settings(config)


def test_the_models_own_key_wins_over_the_usual_one(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "usual")
    assert load_settings(config).secrets() == ("usual",)
    monkeypatch.setenv("TUI_TRADER_OPENAI__API_KEY", SECRET)
    assert load_settings(config).secrets() == (SECRET,)


def test_every_secret_is_known_to_the_redactor_and_none_is_shown(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"BINANCE__API_KEY": "key-1", "BINANCE__API_SECRET": "secret-2", "OPENAI__API_KEY": SECRET}
    for name, value in secrets.items():
        monkeypatch.setenv(f"TUI_TRADER_{name}", value)
    settings = load_settings(config)
    assert set(settings.secrets()) == set(secrets.values())
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert not any(value in shown for value in secrets.values())


# ---------------------------------------------------------------------- live


CAPS = """[live_caps]
max_order_notional = 250.10
max_position_notional = 300
max_gross_notional = "500"
max_leverage = 2
max_risk_per_trade_pct = 0.1
max_daily_loss_pct = 1
max_drawdown_pct = 3
max_entries_per_day = 5
"""


def test_the_caps_of_live_are_read_to_the_last_digit(config: Path) -> None:
    assert load_settings(config).live_caps is None
    config.write_text(CAPS)
    caps = load_settings(config).live_caps
    assert caps is not None
    assert (caps.max_order_notional, caps.max_risk_per_trade_pct) == (Decimal("250.10"), Decimal("0.1"))
    assert caps.as_record()["max_gross_notional"] == "500"


@pytest.mark.parametrize("name", ["LIVE_CAPS", "LIVE_CAPS__MAX_LEVERAGE", "LIVE_CAPS__NONE"])
def test_no_variable_touches_the_caps(config: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    config.write_text(CAPS)
    monkeypatch.setenv(f"TUI_TRADER_{name}", '{"max_leverage": 100}')
    with pytest.raises(SettingsError, match=f"TUI_TRADER_{name}: live_caps stand in config.toml alone. Unset it."):
        load_settings(config)


@pytest.mark.parametrize("name", ["tui_trader_mode", "tui_trader_live_caps", "Tui_Trader_Binance__Api_Key"])
def test_a_variable_in_small_letters_is_refused_and_not_taken(
    config: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    with pytest.raises(SettingsError, match=f"{name}: write such names in capitals") as refused:
        load_settings(config)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("max_leverage = 2\n", "", "live_caps.max_leverage.* for a first start: max_leverage = 2"),
        ("max_leverage = 2", "max_leverage = 200", "live_caps.max_leverage.*a whole number from 1 to 125"),
        ("max_leverage = 2", "max_levrage = 2", "live_caps.max_levrage.*Did you mean max_leverage"),
        ("max_drawdown_pct = 3", "max_drawdown_pct = nan", "live_caps.max_drawdown_pct"),
        ("max_drawdown_pct = 3", "max_drawdown_pct = true", "live_caps.max_drawdown_pct"),
    ],
)
def test_a_cap_that_is_wrong_or_not_there_is_refused_in_every_mode(
    config: Path, before: str, after: str, said: str
) -> None:
    assert before in CAPS
    config.write_text(CAPS.replace(before, after))
    with pytest.raises(SettingsError, match=said):
        load_settings(config)


def test_the_mode_that_is_written_is_the_files_alone(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TRADER_MODE", "live")
    assert load_settings(config).mode is Mode.LIVE
    assert written_mode(config) is None
    config.write_text('mode = "demo"')
    assert written_mode(config) is Mode.DEMO
    config.write_text('mode = "LIVE"')
    assert written_mode(config) is None
    config.write_text("mode = ")
    with pytest.raises(SettingsError, match="not valid TOML"):
        written_mode(config)
