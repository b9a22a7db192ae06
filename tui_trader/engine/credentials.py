"""Gathers the secrets of a run from where they may lie, and says where each was found, never what it is.

Sealed sources come first: a folder, a command, a keyring. The environment and `config.toml` are plain: they do for
paper and demo money, and live refuses them. Whatever was in the environment is gone from it afterwards.
"""

import os
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, assert_never

from pydantic import SecretStr

from tui_trader.core.words import Mode
from tui_trader.engine.secret_sources import (
    CommandSource,
    FolderSource,
    KeyringSource,
    SecretName,
    SecretSource,
    SecretStore,
    SecretUnusable,
)
from tui_trader.engine.settings import PREFIX, Settings, SettingsError, load_settings
from tui_trader.journal.redact import SECRETS

SYSTEMD_FOLDER = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd names the folder of a service's credentials."""

PLAIN: Final = "environment or config.toml"
_VARIABLES: Final = (
    "OPENAI_API_KEY",
    f"{PREFIX}OPENAI__API_KEY",
    f"{PREFIX}BINANCE__API_KEY",
    f"{PREFIX}BINANCE__API_SECRET",
    f"{PREFIX}JOURNAL_KEY",
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a secret was found; `is_sealed`: others cannot come by it there."""

    source: str
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """Settings with the secrets in them, and where each was found."""

    settings: Settings
    found: Mapping[SecretName, Found]


def load_with_secrets(config: Path, environment: MutableMapping[str, str] = os.environ) -> Gathered:
    """The settings of a run. Takes the secrets out of the environment. Raises SettingsError."""
    settings = load_settings(config)
    try:
        return gathered(settings, sources(settings, config.parent, environment))
    except SecretUnusable as error:
        raise SettingsError(str(error)) from None
    finally:
        for name in _VARIABLES:
            environment.pop(name, None)


def gathered(settings: Settings, asked: Sequence[SecretSource]) -> Gathered:
    """Each secret from the first source that has it, else as the settings have it. Raises SecretUnusable."""
    found: dict[SecretName, Found] = {}
    for secret in SecretName:
        value, where = _first(secret, asked)
        if value is not None and where is not None:
            settings = _with(settings, secret, value)
            found[secret] = where
        elif _plain(settings, secret) is not None:
            found[secret] = Found(PLAIN, is_sealed=False)
        _hide(_plain(settings, secret), secret)
    return Gathered(settings, MappingProxyType(found))


def one_secret(secret: SecretName, config: Path, environment: Mapping[str, str] = os.environ) -> SecretStr | None:
    """This secret alone, for a command that needs no other: no other is asked for. Raises SettingsError."""
    settings = load_settings(config)
    try:
        value = _first(secret, sources(settings, config.parent, environment))[0] or _plain(settings, secret)
        _hide(value, secret)
    except SecretUnusable as error:
        raise SettingsError(str(error)) from None
    return value


def _hide(value: SecretStr | None, secret: SecretName) -> None:
    """From now on no way out of the process shows it. Raises SecretUnusable for one that could not be hidden."""
    try:
        SECRETS.register(value.get_secret_value() if value is not None else "")
    except ValueError:
        raise SecretUnusable(f"{secret.value}: this is no secret: 8 or more characters are needed.") from None


def sources(settings: Settings, home: Path, environment: Mapping[str, str] = os.environ) -> tuple[SecretSource, ...]:
    """The sealed sources in the order in which they are asked. Raises SecretUnusable."""
    asked: list[SecretSource] = []
    secrets = settings.secrets_from
    if secrets.folder is not None:
        if not secrets.folder.is_dir():
            raise SecretUnusable(f"{secrets.folder}: secrets_from.folder names no folder.")
        asked.append(FolderSource(secrets.folder))
    if named := environment.get(SYSTEMD_FOLDER):
        asked.append(FolderSource(Path(named)))
    asked.append(
        CommandSource(
            {
                SecretName.OPENAI_API_KEY: secrets.openai_api_key_command,
                SecretName.BINANCE_API_KEY: secrets.binance_api_key_command,
                SecretName.BINANCE_API_SECRET: secrets.binance_api_secret_command,
                SecretName.JOURNAL_KEY: secrets.journal_key_command,
            },
            {name: value for name, value in environment.items() if name not in _VARIABLES},
        )
    )
    if secrets.keyring:
        asked.append(KeyringSource())
    return (*asked, FolderSource(own_folder(home)))


def store(settings: Settings, home: Path) -> SecretStore:
    """Where `keys set` keeps a secret: the keyring, the settings' folder, or the home's own. Raises SecretUnusable."""
    if settings.secrets_from.keyring:
        return KeyringSource()
    return FolderSource(settings.secrets_from.folder or own_folder(home))


def own_folder(home: Path) -> Path:
    """The home's own secrets; a backup of the home holds them, too."""
    return home / "secrets"


def require_sealed(gathered_secrets: Gathered, mode: Mode) -> str:
    """Where real money is, no secret may come from a plain source; else a warning for the person, or nothing.

    Raises SettingsError.
    """
    plain = sorted(secret.value for secret, where in gathered_secrets.found.items() if not where.is_sealed)
    if not plain:
        return ""
    if mode is Mode.LIVE:
        raise SettingsError(
            f"{', '.join(plain)}: live takes no secret from the environment or config.toml, where other programs see "
            "it. Keep it with `tui-trader keys set`, a secrets folder or a command, and unset it there."
        )
    return "" if mode is Mode.PAPER else f"{', '.join(plain)}: from {PLAIN}; live would refuse that"


def _first(secret: SecretName, asked: Sequence[SecretSource]) -> tuple[SecretStr | None, Found | None]:
    for source in asked:
        value = source.get(secret)
        if value is not None:
            return value, Found(source.name, is_sealed=True)
    return None, None


def _plain(settings: Settings, secret: SecretName) -> SecretStr | None:
    match secret:
        case SecretName.OPENAI_API_KEY:
            return settings.model_key
        case SecretName.BINANCE_API_KEY:
            return settings.binance.api_key
        case SecretName.BINANCE_API_SECRET:
            return settings.binance.api_secret
        case SecretName.JOURNAL_KEY:
            return settings.journal_key
        case never:
            assert_never(never)


def _with(settings: Settings, secret: SecretName, value: SecretStr) -> Settings:
    """A sealed value in the place of a plain one, which is forgotten."""
    match secret:
        case SecretName.OPENAI_API_KEY:
            openai = settings.openai.model_copy(update={"api_key": value})
            return settings.model_copy(update={"openai": openai, "openai_api_key": None})
        case SecretName.BINANCE_API_KEY:
            return settings.model_copy(update={"binance": settings.binance.model_copy(update={"api_key": value})})
        case SecretName.BINANCE_API_SECRET:
            return settings.model_copy(update={"binance": settings.binance.model_copy(update={"api_secret": value})})
        case SecretName.JOURNAL_KEY:
            return settings.model_copy(update={"journal_key": value})
        case never:
            assert_never(never)
