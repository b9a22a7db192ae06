"""A signed log: which rows are signed when, by which key, and that a crash between key and row loses neither."""

import stat
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.unit.journal.samples import SEED, HandClock, entry, in_virtual_time, on_disk, unchanged
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant
from tui_trader.core.records import LogSigned, Record, SigningKeyIntroduced, TransferBooked
from tui_trader.core.words import Actor
from tui_trader.journal.keys import KeyFiles, public_key
from tui_trader.journal.notary import Notary
from tui_trader.journal.ports import Entry, JournalUnwritable, Row
from tui_trader.journal.signing import LONGEST_UNSIGNED, MOST_UNSIGNED, SIGNED_AT_ONCE
from tui_trader.journal.store import LoopStore
from tui_trader.journal.verify import Verified, verify
from tui_trader.journal.writer import JournalWriter, open_journal

CHECKPOINT, KEY, TOLD = "checkpoint", "key", "equity"


def money() -> Entry:
    """An entry of a kind that is signed at once."""
    return Entry(record=TransferBooked(id="t", amount=Decimal(5), time=Instant(1)), actor=Actor.SYSTEM)


async def signed(
    path: Path, *, seed: int | None = SEED, clock: HandClock | None = None, threaded: bool = False
) -> JournalWriter:
    """A journal that signs itself."""
    chance = Chance(seed)
    notary = Notary(KeyFiles(path), chance)
    return await open_journal(path, clock or HandClock(), chance, threaded=threaded, redact=unchanged, notary=notary)


def kinds(path: Path) -> list[str]:
    return [row.record.KIND for row in on_disk(path)]


def whole(path: Path) -> Verified:
    verdict = verify(path)
    assert isinstance(verdict, Verified), str(verdict)
    return verdict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])
async def test_the_first_transaction_ends_with_the_runs_key_and_a_clean_end_is_signed(
    path: Path, *, threaded: bool
) -> None:
    async with await signed(path, threaded=threaded) as journal:
        assert kinds(path) == []
        rows = await journal.append(entry(1), entry(2))
        assert [row.seq for row in rows] == [1, 2]
        assert kinds(path) == [TOLD, TOLD, KEY]
        await journal.append(entry(3))
        assert kinds(path)[3:] == [TOLD]
    assert kinds(path)[3:] == [TOLD, CHECKPOINT]
    assert whole(path).trust.signed == 5
    assert whole(path).trust.first == public_key(KeyFiles(path).public)


async def test_what_money_depends_on_is_signed_in_its_own_transaction(path: Path) -> None:
    async with await signed(path) as journal:
        await journal.append(entry(1))
        (row,) = await journal.append(money())
        assert kinds(path)[2:] == ["transfer", CHECKPOINT]
        assert journal.head.seq == row.seq + 1


async def test_the_rest_is_signed_with_the_first_transaction_after_ten_minutes(path: Path) -> None:
    clock = HandClock()
    async with await signed(path, clock=clock) as journal:
        await journal.append(entry(1))
        clock.at = Instant(clock.at + LONGEST_UNSIGNED - 1)
        await journal.append(entry(2))
        assert kinds(path)[2:] == [TOLD]
        clock.at = Instant(clock.at + 1)
        await journal.append(entry(3))
        assert kinds(path)[3:] == [TOLD, CHECKPOINT]


async def test_no_more_rows_than_the_rule_allows_stand_between_two_signatures(path: Path) -> None:
    async with await signed(path) as journal:
        await journal.append(entry(0))
        await journal.append(*(entry(n) for n in range(2 * MOST_UNSIGNED + 1)))
    gap = longest = 0
    for kind in kinds(path)[2:]:
        gap = 0 if kind == CHECKPOINT else gap + 1
        longest = max(longest, gap)
    assert longest == MOST_UNSIGNED
    assert isinstance(verify(path), Verified)


async def test_folds_hear_of_signatures_as_a_later_reading_does(path: Path) -> None:
    heard: list[Record] = []

    class Ear:
        def apply(self, row: Row) -> None:
            heard.append(row.record)

    async with await signed(path) as journal:
        journal.attach(Ear())
        await journal.append(money(), entry(1))
        await journal.append(money())
    assert heard == [row.record for row in on_disk(path)]


async def test_each_run_signs_with_a_key_of_its_own_that_the_one_before_has_signed(path: Path) -> None:
    for run in range(3):
        async with await signed(path, seed=None) as journal:
            await journal.append(entry(run), money())
    records = [row.record for row in on_disk(path)]
    keys = [record.public_key for record in records if isinstance(record, SigningKeyIntroduced)]
    assert len(set(keys)) == 3
    trust = whole(path).trust
    assert (trust.first.hex(), trust.key.hex()) == (keys[0], keys[2])
    files = KeyFiles(path)
    assert files.matching(trust.key).public.hex() == keys[2]
    assert not files.fresh.exists()
    assert stat.S_IMODE(files.private.stat().st_mode) == 0o600


async def test_a_start_that_writes_nothing_changes_no_key(path: Path) -> None:
    async with await signed(path) as journal:
        await journal.append(money())
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    async with await signed(path):
        pass
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_under_a_seed_two_runs_sign_the_same(tmp_path: Path) -> None:
    async def live(folder: Path) -> list[bytes]:
        folder.mkdir()
        for _ in range(2):
            async with await signed(folder / "journal.db") as journal:
                await journal.append(money(), entry(1))
        return [row.hash for row in on_disk(folder / "journal.db")]

    first = in_virtual_time(lambda: live(tmp_path / "one"))
    assert first == in_virtual_time(lambda: live(tmp_path / "two"))


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["propose", "write", "adopt"])
@pytest.mark.parametrize("run", [1, 2])
async def test_a_crash_between_the_new_key_and_its_row_leaves_a_log_that_goes_on(
    path: Path, point: str, run: int
) -> None:
    """Before the row the old key goes on; after it the new one does, wherever its file stands."""
    if run == 2:
        async with await signed(path, seed=None) as journal:
            await journal.append(money())

    def die(*_: object) -> None:
        raise Crash

    owner: type[object] = LoopStore if point == "write" else KeyFiles
    journal = await signed(path, seed=None)
    with patch.object(owner, point, side_effect=die), pytest.raises((Crash, JournalUnwritable)):
        await journal.append(money())
    await journal._store.close()
    async with await signed(path, seed=None) as journal:
        await journal.append(money())
    assert whole(path).trust.signed == whole(path).head.seq
    assert not KeyFiles(path).fresh.exists()


async def test_a_key_file_that_cannot_take_its_place_stops_the_log_after_the_row(path: Path) -> None:
    journal = await signed(path)
    with patch.object(KeyFiles, "adopt", side_effect=OSError(30, "Read-only file system")):
        (row,) = await journal.append(money())
    assert row.seq == 1
    with pytest.raises(JournalUnwritable, match="Read-only"):
        await journal.append(money())
    await journal.close()
    assert kinds(path) == ["transfer", KEY]


async def test_without_its_key_a_signed_log_takes_no_row(path: Path) -> None:
    async with await signed(path) as journal:
        await journal.append(money())
    files = KeyFiles(path)
    pem = files.private.read_bytes()
    files.private.unlink()
    with pytest.raises(JournalUnwritable, match=r"journal\.key: the signing key is missing\. Restore"):
        await signed(path)
    other = path.with_name("other.db")
    async with await signed(other, seed=None) as journal:
        await journal.append(money())
    files.private.write_bytes(KeyFiles(other).private.read_bytes())
    files.private.chmod(0o600)
    with pytest.raises(JournalUnwritable, match="is not the one that this log is signed with"):
        await signed(path)
    files.private.write_bytes(pem)
    files.private.chmod(0o640)
    with pytest.raises(JournalUnwritable, match="chmod 600"):
        await signed(path)
    with pytest.raises(JournalUnwritable, match="nobody is here to sign"):
        await open_journal(path, HandClock(), Chance(SEED), threaded=False, redact=unchanged)


async def test_a_log_from_before_signatures_is_signed_from_its_next_run_on(path: Path) -> None:
    async with await open_journal(path, HandClock(), Chance(SEED), threaded=False, redact=unchanged) as journal:
        await journal.append(*(entry(n) for n in range(300)), money())
    assert whole(path).trust.signed == 0
    async with await signed(path) as journal:
        await journal.append(entry(1))
    assert kinds(path)[-2:] == [TOLD, KEY]
    assert whole(path).trust.signed == 303


def test_the_kinds_that_are_signed_at_once_are_those_that_money_and_the_right_to_trade_depend_on() -> None:
    assert {"order.intent", "order.update", "fill", "state", "transfer", "position.adopted"} <= SIGNED_AT_ONCE
    assert not SIGNED_AT_ONCE & {CHECKPOINT, KEY, LogSigned.KIND, TOLD}
