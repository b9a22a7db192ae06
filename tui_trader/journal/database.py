"""The one place in which SQLite opens a file of a home: plain, or encrypted where there is a key.

Both connections are sqlite3's to the letter, exceptions included: nobody but this module knows which one it has.
"""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from tui_trader.journal.seal import Seal, SealUnusable

if TYPE_CHECKING:
    from types import ModuleType

_BUSY_SECONDS = 5.0
"""How long a lock of another process is waited for. There should be none: everyone else opens read-only."""


def opened(
    path: Path | None, seal: Seal | None, *, isolation_level: Literal["DEFERRED"] | None = None
) -> sqlite3.Connection:
    """A connection that writes; any thread may use it, one at a time. None: in memory, and never encrypted.

    Raises sqlite3.Error, SealUnusable. A wrong key shows at the first statement.
    """
    place = ":memory:" if path is None else str(path)
    if seal is None or path is None:
        return sqlite3.connect(place, timeout=_BUSY_SECONDS, isolation_level=isolation_level, check_same_thread=False)
    connection: sqlite3.Connection = _sealed_database().connected(
        place, seal, timeout=_BUSY_SECONDS, isolation_level=isolation_level
    )
    return connection


def opened_to_read(path: Path, seal: Seal | None, options: str) -> sqlite3.Connection:
    """A connection with the options of SQLite's URI, such as `mode=ro`. Raises as `opened` does."""
    uri = f"file:{quote(str(path.absolute()))}?{options}"
    if seal is None:
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection: sqlite3.Connection = _sealed_database().connected(
        uri, seal, timeout=_BUSY_SECONDS, isolation_level=None, uri=True
    )
    return connection


def name_columns(connection: sqlite3.Connection) -> None:
    """From now on the rows of this connection are sqlite3.Row, or are used like it."""
    if type(connection) is sqlite3.Connection:
        connection.row_factory = sqlite3.Row
    else:
        _sealed_database().name_columns(connection)


def copy_encrypted(path: Path, draft: Path, seal: Seal) -> None:
    """Write the plain database at `path` (its write-ahead log included) encrypted to `draft`, which is not there yet.

    The plain one is left whole, with nothing in its log. Raises sqlite3.Error, SealUnusable.
    """
    _sealed_database().copy_encrypted(path, draft, seal)


def cipher_version() -> str:
    """What encrypts, in words. Raises SealUnusable where it is not installed."""
    return str(_sealed_database().cipher_version())


def _sealed_database() -> "ModuleType":
    """The module that needs the optional package. Raises SealUnusable."""
    try:
        from tui_trader.journal import sealed_database  # noqa: PLC0415 - its library is an extra
    except ImportError:
        raise SealUnusable(
            "journal_key: this home is to be encrypted, and what encrypts is not installed: "
            "pip install 'tui-trader[encryption]'."
        ) from None
    return sealed_database
