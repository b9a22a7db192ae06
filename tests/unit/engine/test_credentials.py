"""Secrets: which source wins, what is refused, that live takes sealed ones only, and that none is ever shown."""

import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr

from tui_trader.core.words import Mode
from tui_trader.engine import credentials
from tui_trader.engine.credentials import PLAIN, gathered, load_with_secrets, own_folder, require_sealed, store
from tui_trader.engine.secret_sources import (
    CommandSource,
    FolderSource,
    KeyringSource,
    SecretName,
    SecretUnusable,
    secret_of,
)
from tui_trader.engine.settings import SettingsError, load_settings

MARKER = "planted-marker-4711-xyzzy"
OTHER = "another-marker-0815-plugh"
NAME = SecretName.OPENAI_API_KEY


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret comes from the machine on which the tests run."""
    for name in list(os.environ):
        if name.startswith("TUI_TRADER_") or name in ("OPENAI_API_KEY", credentials.SYSTEMD_FOLDER):
            monkeypatch.delenv(name)


def value(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def kept(folder: Path, content: str = MARKER, name: SecretName = NAME, mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name.value
    file.write_text(content)
    file.chmod(mode)
    return file


def printing(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r})")


def test_a_file_of_a_folder_is_a_secret_without_its_line_end(tmp_path: Path) -> None:
    source = FolderSource(tmp_path)
    assert source.get(NAME) is None
    kept(tmp_path, MARKER + "\n")
    assert value(source.get(NAME)) == MARKER
    assert FolderSource(tmp_path / "none").get(NAME) is None


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o666, 0o601])
def test_a_file_that_others_may_touch_is_refused_with_the_way_out(tmp_path: Path, mode: int) -> None:
    kept(tmp_path, mode=mode)
    with pytest.raises(SecretUnusable, match="chmod 600") as refused:
        FolderSource(tmp_path).get(NAME)
    assert MARKER not in str(refused.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(kept(tmp_path), 65534, 65534)
    with pytest.raises(SecretUnusable, match="belongs to another"):
        FolderSource(tmp_path).get(NAME)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_refused_and_does_not_hang(tmp_path: Path, kind: str) -> None:
    path = tmp_path / NAME.value
    path.mkdir(mode=0o700) if kind == "folder" else os.mkfifo(path, 0o600)
    with pytest.raises(SecretUnusable, match=r"regular file|cannot be read"):
        FolderSource(tmp_path).get(NAME)


@pytest.mark.parametrize("content", ["", "short", "a\0bcdefghijk", " blank-at-the-front", "x" * 70_000])
def test_what_is_no_secret_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    kept(tmp_path, content)
    with pytest.raises(SecretUnusable, match="no secret") as refused:
        FolderSource(tmp_path).get(NAME)
    assert not content or content not in str(refused.value)


def test_a_command_prints_the_secret_and_no_shell_reads_it(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    source = CommandSource({NAME: (*printing(MARKER), f"; touch {harm}", "$(id)")}, {})
    assert value(source.get(NAME)) == MARKER
    assert not harm.exists()
    assert source.get(SecretName.BINANCE_API_KEY) is None


def test_a_command_that_fails_hangs_or_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing = (sys.executable, "-c", f"print({MARKER!r}); raise SystemExit(3)")
    with pytest.raises(SecretUnusable, match="ended with 3") as refused:
        CommandSource({NAME: failing}, {}).get(NAME)
    assert MARKER not in str(refused.value)
    with pytest.raises(SecretUnusable, match="cannot be run"):
        CommandSource({NAME: (str(tmp_path / "none"),)}, {}).get(NAME)
    monkeypatch.setattr("tui_trader.engine.secret_sources._COMMAND_WITHIN", 0.05)
    with pytest.raises(SecretUnusable, match="longer than"):
        CommandSource({NAME: (sys.executable, "-c", "import signal; signal.pause()")}, {}).get(NAME)


class Ring:
    """A back end of a keyring, in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, secret: str) -> None:
        self.kept[service, name] = secret

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


def ring_of(module: str, name: str, **attributes: Any) -> Any:
    """A back end whose class says that it comes from there."""
    return type(name, (Ring,), {"__module__": module, "__qualname__": name, **attributes})()


def install(monkeypatch: pytest.MonkeyPatch, ring: object) -> None:
    module = ModuleType("keyring")
    module.get_keyring = lambda: ring  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_a_keyring_that_encrypts_keeps_gives_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ring_of("keyring.backends.SecretService", "Keyring"))
    source = KeyringSource()
    assert source.get(NAME) is None
    assert source.remove(NAME) is False
    source.put(NAME, SecretStr(MARKER))
    assert value(source.get(NAME)) == MARKER
    assert source.remove(NAME) is True


def test_of_a_chain_of_keyrings_only_one_that_encrypts_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ring_of("keyrings.alt.file", "PlaintextKeyring")
    good = ring_of("keyring.backends.libsecret", "Keyring")
    install(monkeypatch, ring_of("keyring.backends.chainer", "ChainerBackend", backends=[plain, good]))
    KeyringSource().put(NAME, SecretStr(MARKER))
    assert not plain.kept
    assert good.kept


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.file", "EncryptedKeyring"),
        ("keyring.backends.fail", "Keyring"),
        ("keyring.backends.null", "Keyring"),
        ("keyring.backends.SecretService", "Other"),
    ],
)
def test_any_other_keyring_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> None:
    install(monkeypatch, ring_of(module, name))
    with pytest.raises(SecretUnusable, match=f"{module}.{name} is no keyring that is known to encrypt"):
        KeyringSource()


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretUnusable, match=r"tui-trader\[keyring\]"):
        KeyringSource()


def test_what_a_keyring_says_when_it_fails_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(MARKER)

    install(monkeypatch, ring_of("keyring.backends.SecretService", "Keyring", get_password=fail))
    with pytest.raises(SecretUnusable) as refused:
        KeyringSource().get(NAME)
    assert MARKER not in "".join(traceback.format_exception(refused.value))


def test_a_sealed_source_wins_over_the_environment_which_then_holds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    monkeypatch.setenv("TUI_TRADER_BINANCE__API_KEY", OTHER)
    monkeypatch.setenv("TUI_TRADER_BINANCE__API_SECRET", OTHER)
    kept(own_folder(tmp_path))
    found = load_with_secrets(tmp_path / "config.toml")
    assert value(found.settings.model_key) == MARKER
    assert value(found.settings.binance.api_secret) == OTHER
    assert found.found[NAME].is_sealed
    assert found.found[SecretName.BINANCE_API_KEY].source == PLAIN
    assert not {MARKER, OTHER} & set(os.environ.values())
    assert set(found.settings.secrets()) == {MARKER, OTHER}


def test_the_sources_are_asked_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    for number, folder in enumerate(("own", "systemd", "secrets")):
        kept(tmp_path / folder, f"of-the-folder-{number}")
    command = json.dumps([sys.executable, "-c", "print('of-the-command')"])
    config.write_text(f'[secrets_from]\nfolder = "{tmp_path / "own"}"\nopenai_api_key_command = {command}\n')
    monkeypatch.setenv(credentials.SYSTEMD_FOLDER, str(tmp_path / "systemd"))
    order = []
    for gone in ("own", "systemd", "command", "secrets", ""):
        order.append(value(load_with_secrets(config).settings.model_key))
        if gone == "command":
            config.write_text("")
        elif gone:
            (tmp_path / gone / NAME.value).unlink()
    assert order == ["of-the-folder-0", "of-the-folder-1", "of-the-command", "of-the-folder-2", None]


def test_a_folder_of_the_settings_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'[secrets_from]\nfolder = "{tmp_path / "none"}"\n')
    with pytest.raises(SettingsError, match=r"secrets_from\.folder"):
        load_with_secrets(tmp_path / "config.toml")


def test_live_takes_no_secret_from_the_environment_and_demo_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TRADER_BINANCE__API_SECRET", MARKER)
    plain = load_with_secrets(tmp_path / "config.toml")
    with pytest.raises(SettingsError, match=r"binance_api_secret: live takes no secret.*keys set") as refused:
        require_sealed(plain, Mode.LIVE)
    assert require_sealed(plain, Mode.PAPER) == ""
    warning = require_sealed(plain, Mode.DEMO)
    assert "binance_api_secret: from environment" in warning
    assert MARKER not in str(refused.value) + warning
    kept(own_folder(tmp_path), name=SecretName.BINANCE_API_SECRET)
    assert require_sealed(load_with_secrets(tmp_path / "config.toml"), Mode.LIVE) == ""


def test_nothing_that_prints_what_was_gathered_shows_a_value(tmp_path: Path) -> None:
    for name in SecretName:
        kept(own_folder(tmp_path), name=name)
    found = load_with_secrets(tmp_path / "config.toml")
    shown = f"{found!r} {found} {found.settings.model_dump_json()} {found.settings.model_dump()}"
    assert MARKER not in shown
    try:
        raise RuntimeError(f"{found} {found.settings.model_key}")  # noqa: TRY301
    except RuntimeError:
        assert MARKER not in traceback.format_exc()


def test_what_is_set_is_private_and_can_be_replaced_and_forgotten(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "config.toml")
    place = store(settings, tmp_path)
    place.put(NAME, SecretStr(OTHER))
    place.put(NAME, SecretStr(MARKER))
    assert own_folder(tmp_path).stat().st_mode & 0o777 == 0o700
    assert (own_folder(tmp_path) / NAME.value).stat().st_mode & 0o777 == 0o600
    assert value(gathered(settings, [place]).settings.model_key) == MARKER
    assert place.remove(NAME)
    assert not place.remove(NAME)


def test_a_typed_secret_is_checked_like_any_other() -> None:
    assert value(secret_of(MARKER + "\n")) == MARKER
    with pytest.raises(SecretUnusable):
        secret_of("\n")
