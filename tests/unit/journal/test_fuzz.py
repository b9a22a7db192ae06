"""Random damage to the files: found, or no row is changed by it."""

import random
import shutil
from pathlib import Path

import pytest

from tests.unit.journal.samples import ROWS, entry, in_virtual_time, opened, stored
from tui_trader.journal.verify import Broken, verify


@pytest.mark.parametrize("seed", range(4))
def test_a_random_change_of_the_file_is_found_or_changes_no_row(journal: Path, seed: int) -> None:
    chance = random.Random(seed)
    before = stored(journal)
    content = journal.read_bytes()
    found = 0
    for _ in range(100):
        journal.write_bytes(mutated(content, chance))
        if isinstance(verify(journal), Broken):
            found += 1
        else:
            assert stored(journal) == before
    assert found > 50


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The file with a flipped bit, a changed, doubled, swapped or zeroed piece, or a cut-off end."""
    other = bytearray(content)
    at, size = chance.randrange(len(content)), chance.randrange(1, 600)
    match chance.randrange(6):
        case 0:
            other[at] ^= 1 << chance.randrange(8)
        case 1:
            other[at : at + size] = chance.randbytes(len(other[at : at + size]))
        case 2:
            other[at : at + size] = bytes(len(other[at : at + size]))
        case 3:
            elsewhere = chance.randrange(len(content))
            piece = content[elsewhere : elsewhere + size]
            other[at : at + len(piece)] = piece
        case 4:
            page, another = (chance.randrange(len(content) // 4096) * 4096 for _ in range(2))
            other[page : page + 4096] = content[another : another + 4096]
        case _:
            del other[at:]
    return bytes(other)


@pytest.mark.parametrize("seed", range(2))
def test_a_random_change_of_the_write_ahead_log_is_found_or_changes_no_row(tmp_path: Path, seed: int) -> None:
    """The writer still lives, so all rows are in the WAL; damage there cuts off the end, and the head knows."""
    chance = random.Random(seed)
    copy = tmp_path / "copy"

    async def main() -> None:
        async with await opened(tmp_path / "journal.db") as journal:
            for number in range(ROWS):
                await journal.append(entry(number))
            before = stored(tmp_path / "journal.db")
            wal = (tmp_path / "journal.db-wal").read_bytes()
            assert len(wal) > 4096 * ROWS
            for _ in range(50):
                shutil.rmtree(copy, ignore_errors=True)
                copy.mkdir()
                for name in ("journal.db", "journal.head"):
                    shutil.copy(tmp_path / name, copy / name)
                (copy / "journal.db-wal").write_bytes(mutated(wal, chance))
                found = verify(copy / "journal.db")
                assert isinstance(found, Broken) or stored(copy / "journal.db") == before

    in_virtual_time(main)
