"""Where keys and passwords may lie: a folder of files, a command, a keyring. Each answers for one secret by name.

Values are handed out as SecretStr and stand in no message. What is refused here is refused in a sentence that names the
place and the way out.
"""

import importlib
import os
import stat
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from pydantic import SecretStr

from tui_trader.journal.redact import SECRETS

_LONGEST = 64 * 1024
_SHORTEST = 8
"""Characters; a shorter one could not be told from ordinary text when it is taken out of it."""
_COMMAND_WITHIN = 30.0
"""Real seconds: a person may have to touch a token, a pass phrase may be asked for."""
_SERVICE = "tui-trader"

_KEYRINGS: Final = frozenset(
    {
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.libsecret", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.Windows", "WinVaultKeyring"),
    }
)
"""Those that encrypt. With `keyrings.alt` installed, keyring would choose one that stores base64, and say nothing."""


class SecretName(StrEnum):
    """The secrets that this program knows. The value is the file's name, and the name in a keyring."""

    OPENAI_API_KEY = "openai_api_key"
    BINANCE_API_KEY = "binance_api_key"
    BINANCE_API_SECRET = "binance_api_secret"
    JOURNAL_KEY = "journal_key"


class SecretUnusable(Exception):
    """A secret is there and may not be used, or cannot be had; the sentence says where and what to do."""


class SecretSource(Protocol):
    """A place that keeps secrets away from others."""

    @property
    def name(self) -> str:
        """How a person calls it."""
        ...

    def get(self, secret: SecretName) -> SecretStr | None:
        """The secret; None where this source has none of that name. Raises SecretUnusable."""
        ...


class SecretStore(SecretSource, Protocol):
    """A source that this program can write to."""

    def put(self, secret: SecretName, value: SecretStr) -> None:
        """Keep the secret, in the place of an earlier one. Raises SecretUnusable."""
        ...

    def remove(self, secret: SecretName) -> bool:
        """Forget the secret; False where there was none. Raises SecretUnusable."""
        ...


class FolderSource:
    """One file a secret: systemd credentials, a container's secrets, or the home's own folder `secrets`."""

    def __init__(self, folder: Path) -> None:
        """The folder need not exist."""
        self._folder = folder

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._folder)

    def get(self, secret: SecretName) -> SecretStr | None:
        """See SecretSource. A link is followed; what counts is whose file it leads to, and who may read that."""
        path = self._folder / secret.value
        try:
            # Not blocking: a pipe in the place of a file must not hold up the start.
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise SecretUnusable(f"{path}: the secret cannot be read ({error.strerror}).") from None
        try:
            _check_file(path, os.fstat(descriptor))
            return _value(os.read(descriptor, _LONGEST + 1), str(path))
        finally:
            os.close(descriptor)

    def put(self, secret: SecretName, value: SecretStr) -> None:
        """See SecretStore."""
        path = self._folder / secret.value
        draft = path.with_name(path.name + ".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(value.get_secret_value().encode())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise SecretUnusable(f"{path}: the secret cannot be written ({error.strerror}).") from None

    def remove(self, secret: SecretName) -> bool:
        """See SecretStore."""
        path = self._folder / secret.value
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SecretUnusable(f"{path}: the secret cannot be removed ({error.strerror}).") from None
        return True


class CommandSource:
    """A command a secret, such as `pass show trader/openai`; what it prints is the secret."""

    name = "command"

    def __init__(self, commands: Mapping[SecretName, tuple[str, ...]], environment: Mapping[str, str]) -> None:
        """Secrets that are not named have no command. `environment` is the command's; no other secret is in it."""
        self._environment = environment
        self._commands = {secret: command for secret, command in commands.items() if command}

    def get(self, secret: SecretName) -> SecretStr | None:
        """See SecretSource. No shell; its stderr is the terminal's, where it may ask for a pass phrase."""
        command = self._commands.get(secret)
        if command is None:
            return None
        what = f"the command for {secret.value} ({command[0]})"
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env=self._environment,
                timeout=_COMMAND_WITHIN,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SecretUnusable(f"{what} took longer than {_COMMAND_WITHIN:g} s.") from None
        except OSError as error:
            raise SecretUnusable(f"{what} cannot be run ({error.strerror}).") from None
        if done.returncode != 0:
            raise SecretUnusable(f"{what} ended with {done.returncode}. Try it in a shell.")
        return _value(done.stdout, what)


class KeyringSource:
    """The desktop's keyring, through the optional package `keyring`; only back ends that encrypt."""

    def __init__(self) -> None:
        """Raises SecretUnusable where the package is missing or no allowed back end is there."""
        try:
            keyring = importlib.import_module("keyring")
        except ImportError:
            raise SecretUnusable(
                "secrets_from.keyring: install the extra first: pip install 'tui-trader[keyring]'."
            ) from None
        self._ring = _allowed(keyring.get_keyring())

    @property
    def name(self) -> str:
        """The back end."""
        return f"keyring {type(self._ring).__module__}"

    def get(self, secret: SecretName) -> SecretStr | None:
        """See SecretSource."""
        value = self._asked(lambda: self._ring.get_password(_SERVICE, secret.value))
        return None if value is None else _value(str(value).encode(), self.name)

    def put(self, secret: SecretName, value: SecretStr) -> None:
        """See SecretStore."""
        self._asked(lambda: self._ring.set_password(_SERVICE, secret.value, value.get_secret_value()))

    def remove(self, secret: SecretName) -> bool:
        """See SecretStore."""
        if self.get(secret) is None:
            return False
        self._asked(lambda: self._ring.delete_password(_SERVICE, secret.value))
        return True

    def _asked(self, call: Any) -> Any:
        """What the back end answers; its own exceptions may quote anything and go no further."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - each back end has exceptions of its own
            kind = type(error).__name__
        raise SecretUnusable(f"{self.name} does not answer ({kind}). Is it unlocked?")


def _allowed(ring: Any) -> Any:
    """The back end, or the first allowed one of a chain. Raises SecretUnusable."""
    candidates = [ring, *(getattr(ring, "backends", None) or ())]
    for candidate in candidates:
        kind = type(candidate)
        if (kind.__module__, kind.__qualname__) in _KEYRINGS:
            return candidate
    found = f"{type(ring).__module__}.{type(ring).__qualname__}"
    raise SecretUnusable(
        f"secrets_from.keyring: {found} is no keyring that is known to encrypt. Use a folder or a command instead."
    )


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretUnusable(f"{path}: a secret must be a regular file.")
    if found.st_uid not in (os.geteuid(), 0):
        raise SecretUnusable(f"{path}: a secret must belong to this user, or to root; this one belongs to another.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise SecretUnusable(f"{path}: others may read this secret. chmod 600 {path}, and change it if they have.")


def _value(content: bytes, where: str) -> SecretStr:
    """The secret without the line's end. Raises SecretUnusable."""
    try:
        value = content.decode().rstrip("\r\n") if len(content) <= _LONGEST else ""
    except UnicodeDecodeError:
        value = ""
    if len(value) < _SHORTEST or "\0" in value or value != value.strip():
        raise SecretUnusable(f"{where}: this is no secret: a line of {_SHORTEST} or more characters is needed.")
    return SecretStr(value)


def secret_of(text: str) -> SecretStr:
    """A secret that a person typed. Raises SecretUnusable."""
    typed = _value(text.encode("utf-8", "surrogateescape"), "standard input")
    SECRETS.register(typed.get_secret_value())
    return typed
