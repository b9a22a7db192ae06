"""The home folder: where everything of one trader lies, and the lock that only one process holds."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import platformdirs
from filelock import FileLock, Timeout

APPLICATION = "tui-trader"
HOME_VARIABLE = "TUI_TRADER_HOME"
_LONGEST_SOCKET_PATH = 100
"""Linux allows 107 bytes for the path of a unix socket."""


class HomeError(Exception):
    """The home folder cannot be used; the sentence says why and what to do."""


def home_folder(flag: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """The flag, else the variable, else the platform's state folder."""
    if flag is not None:
        return flag.expanduser().absolute()
    if named := environment.get(HOME_VARIABLE):
        return Path(named).expanduser().absolute()
    return platformdirs.user_state_path(APPLICATION, appauthor=False)


class Home:
    """The files of one home folder. Directories 0700, files 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def journal(self) -> Path:
        """The journal: the truth."""
        return self.folder / "journal.db"

    @property
    def seal(self) -> Path:
        """If it exists, the home is encrypted; it tells the key from others."""
        return self.folder / "journal.seal"

    @property
    def emergency(self) -> Path:
        """Where exits are recorded while the journal cannot be written."""
        return self.folder / "emergency.jsonl"

    @property
    def paper(self) -> Path:
        """The paper exchange's books."""
        return self.folder / "paper.db"

    @property
    def checkpoints(self) -> Path:
        """LangGraph's checkpoints; may be deleted at any time."""
        return self.folder / "checkpoints.db"

    @property
    def socket(self) -> Path:
        """The control socket."""
        return self.folder / "control.sock"

    @property
    def halt_file(self) -> Path:
        """If it exists, trading is HALTED."""
        return self.folder / "HALT"

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "config.toml"

    @property
    def prompts(self) -> Path:
        """The user's own prompts."""
        return self.folder / "prompts"

    @property
    def cassettes(self) -> Path:
        """What models were asked and answered, a recording a run."""
        return self.folder / "cassettes"

    @property
    def themes(self) -> Path:
        """The user's own themes."""
        return self.folder / "themes"

    @property
    def log(self) -> Path:
        """What went wrong, in words; never a secret."""
        return self.folder / "tui-trader.log"

    def prepare(self) -> None:
        """Make the folder, private, and see that it can be written. Raises HomeError."""
        os.umask(0o077)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            probe = self.folder / ".writable"
            probe.write_bytes(b"tui-trader")
            probe.unlink()
        except FileExistsError:
            raise HomeError(f"{self.folder}: is not a folder. Name another one with --home.") from None
        except OSError as error:
            raise HomeError(
                f"{self.folder}: cannot be written ({error.strerror}). "
                "Free space or correct its rights, or name another folder with --home."
            ) from None
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET_PATH:
            raise HomeError(
                f"{self.folder}: the path is too long for a control socket. Name a shorter one with --home."
            )

    def locked(self) -> "HomeLock":
        """The lock of this folder, taken. Raises HomeError where another process holds it."""
        return HomeLock(self.folder / "lock", f"{self.folder}: another tui-trader runs in this home")


class HomeLock:
    """An exclusive lock; the system frees it when the process ends, however it ends."""

    def __init__(self, file: Path, sentence: str) -> None:
        self._lock = FileLock(file, mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise HomeError(f"{sentence}. Stop it first, or use another folder with --home.") from None
        except OSError as error:
            raise HomeError(f"{file}: cannot be locked ({error.strerror}).") from None

    def __enter__(self) -> "HomeLock":
        """Held already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go."""
        self._lock.release()


def account_lock(account: str) -> HomeLock:
    """The lock of an account at an exchange, taken: it lies outside every home. Raises HomeError where it is held."""
    folder = platformdirs.user_state_path(APPLICATION, appauthor=False) / "accounts"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(f"{folder}: cannot be made ({error.strerror}). See to its rights.") from None
    name = re.sub(r"[^A-Za-z0-9_-]", "_", account)
    return HomeLock(folder / f"{name}.lock", f"account {account}: another tui-trader trades it")
