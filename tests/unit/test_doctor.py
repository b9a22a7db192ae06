"""What `doctor` says of the SQLite library: which versions may lose committed rows where two connections write."""

import sqlite3

import pytest

from tui_trader.cli.doctor import _sqlite


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
        ((4, 0, 0), False),
    ],
)
def test_the_wal_reset_defect_is_told_where_it_is(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], *, is_affected: bool
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(sqlite3, "sqlite_version", ".".join(map(str, version)))
    assert ("WAL-reset" in _sqlite().said) is is_affected
