"""Whether a home is encrypted, and whether with the key at hand: its file `journal.seal` tells the key from others."""

import os
import re
from typing import TYPE_CHECKING, Final

from tui_trader.engine.credentials import one_secret, own_folder
from tui_trader.engine.home import Home, HomeError
from tui_trader.engine.secret_sources import SecretName
from tui_trader.engine.settings import Settings

if TYPE_CHECKING:  # what encrypts is loaded only where something is encrypted
    from tui_trader.journal.seal import Seal

_LINE: Final = re.compile(r"1 ([0-9a-f]{32})\n", re.ASCII)
"""Version and `Seal.check`."""


def is_encrypted(home: Home) -> bool:
    """Whether the home says that it is."""
    return home.seal.exists()


def seal_to_run(home: Home, settings: Settings) -> "Seal | None":
    """The key under which a run writes; None: it writes plain files. A fresh home takes the key that is there.

    Raises SealUnusable for a wrong or missing key, and for a home that was begun without one; HomeError.
    """
    marked = _marked(home)
    key = settings.journal_key
    if key is None and marked is None:
        return None
    from tui_trader.journal.seal import SealUnusable  # noqa: PLC0415 - see above

    seal = _checked(home, marked, None if key is None else key.get_secret_value())
    if marked is None and home.journal.exists():
        raise SealUnusable(
            f"{home.folder}: a journal_key is set, and this home is not encrypted. "
            "`tui-trader keys encrypt` encrypts it."
        )
    return seal


def seal_to_read(home: Home) -> "Seal | None":
    """The key of an encrypted home, None for a plain one. Raises SealUnusable, HomeError, SettingsError."""
    marked = _marked(home)
    if marked is None:
        return None
    key = one_secret(SecretName.JOURNAL_KEY, home.config)
    return _checked(home, marked, None if key is None else key.get_secret_value())


def seal_lies_beside(home: Home) -> bool:
    """Whether the key is a file of the home's own `secrets`: a copy of the home holds both."""
    return (own_folder(home.folder) / SecretName.JOURNAL_KEY.value).exists()


def mark(home: Home, seal: "Seal") -> None:
    """From now on the home is encrypted. Raises OSError."""
    if _marked(home) is not None:
        return
    from tui_trader.journal.head import sync_folder  # noqa: PLC0415 - see above

    draft = home.seal.with_name(home.seal.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"1 {seal.check}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(home.seal)
    sync_folder(home.folder)


def _checked(home: Home, marked: str | None, text: str | None) -> "Seal":
    """The key, if it is the one that the home is encrypted with, and what encrypts is installed."""
    from tui_trader.journal.database import cipher_version  # noqa: PLC0415 - see above
    from tui_trader.journal.seal import Seal, SealUnusable  # noqa: PLC0415

    if text is None:
        raise SealUnusable(
            f"{home.folder}: this home is encrypted, and no journal_key is at hand. Restore it with "
            "`tui-trader keys set journal_key`, or name where it lies (section Secrets of the README)."
        )
    seal = Seal.of(text)
    if marked is not None and marked != seal.check:
        raise SealUnusable(
            f"{home.folder}: the journal_key at hand is not the one that this home is encrypted with. "
            "`tui-trader keys list` says where it is from."
        )
    cipher_version()
    return seal


def _marked(home: Home) -> str | None:
    """Which key the home takes; None where it is not encrypted. Raises HomeError."""
    try:
        content = home.seal.read_text("ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        content = ""
    if (match := _LINE.fullmatch(content)) is None:
        raise HomeError(
            f"{home.seal}: this is not what the program writes there. Restore it from a copy; without one, remove it "
            "and run `tui-trader keys encrypt` with the key at hand."
        )
    return match[1]
