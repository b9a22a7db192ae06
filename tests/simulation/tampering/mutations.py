"""Random mutations of a signed log, in its rows (with and without a chain computed anew) and in its file."""

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.tampering.attacks import Rows
from tests.simulation.tampering.logs import Signed, judged, relinked, resigned
from tests.unit.journal.samples import stored
from tests.unit.journal.test_fuzz import mutated
from tui_trader.journal.layout import StoredRow, leaf_hash
from tui_trader.journal.verify import Verified, verify


@dataclass(slots=True)
class Outcome:
    """How many mutations were tried, and what the verifier said."""

    tried: int = 0
    harmless: int = 0
    """The rows are what they were."""
    caught: int = 0
    behind_the_anchor: int = 0
    """The log was lengthened after its anchored head, by rows that nobody has signed."""
    needed_the_anchor: int = 0
    """Caught, and with the public key alone it would not have been."""
    missed: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


class Mutator:
    """Draws mutations of one log from a seed and puts them to the verifier."""

    def __init__(self, log: Signed, another: Signed, seed: int) -> None:
        self._log = log
        self._another = another
        self._chance = random.Random(seed)
        self._content = log.path.read_bytes()
        self.outcome = Outcome()

    def try_rows(self) -> None:
        """One mutation of the rows, as they would be stored without a fault of the file."""
        kind, rows = self._mutated_rows()
        outcome = self.outcome
        outcome.tried += 1
        outcome.kinds[kind] += 1
        if rows == self._log.rows:
            outcome.harmless += 1
            return
        alone = judged(rows, self._log.public_key, None)
        if isinstance(alone, Verified) and not self._is_sound(alone, rows):
            outcome.missed.append(f"{kind}: what is signed is not what was written")
            return
        if isinstance(judged(rows, self._log.public_key, self._log.anchors), Verified):
            if rows[: len(self._log.rows)] == self._log.rows:
                outcome.behind_the_anchor += 1
            else:
                outcome.missed.append(f"{kind}: the anchored head does not show it")
            return
        outcome.caught += 1
        outcome.needed_the_anchor += isinstance(alone, Verified)

    def _is_sound(self, verdict: Verified, rows: Rows) -> bool:
        """Whether what precedes the last signature stands as it was written; the stolen key's run does not count."""
        before = verdict.trust.signed - 1
        if verdict.trust.key == self._log.stolen.public:
            before = min(before, self._began())
        return rows[:before] == self._log.rows[:before]

    def _began(self) -> int:
        """How many rows there were when the last run's key came."""
        key = self._log.stolen.public.hex().encode()
        return next(i for i, row in enumerate(self._log.rows) if key in row.body)

    def try_file(self, folder: Path) -> None:
        """One mutation of the database file, with the honest head file beside it."""
        path = folder / self._log.path.name
        path.write_bytes(mutated(self._content, self._chance))
        outcome = self.outcome
        outcome.tried += 1
        outcome.kinds["file"] += 1
        verdict = verify(path, public_key=self._log.public_key, anchors=self._log.anchors)
        if not isinstance(verdict, Verified):
            outcome.caught += 1
        elif tuple(stored(path)) == self._log.rows:
            outcome.harmless += 1
        else:
            outcome.missed.append("file: other rows than those that were written")

    def _mutated_rows(self) -> tuple[str, Rows]:
        chance, rows = self._chance, list(self._log.rows)
        kind = chance.choice(
            ("flip", "retype", "delete", "delete range", "double", "swap", "move", "truncate", "insert", "exchange",
             "splice", "salt", "several")
        )  # fmt: skip
        for _ in range(chance.randrange(2, 5) if kind == "several" else 1):
            self._mutate(rows, chance.choice(("flip", "delete", "swap", "insert")) if kind == "several" else kind)
        match chance.randrange(5):
            case 0 | 1:
                return kind, tuple(rows)
            case 2 | 3:
                return f"{kind}, relinked", self._relinked(rows)
            case _:
                return f"{kind}, signed anew", self._resigned(rows)

    def _relinked(self, rows: list[StoredRow]) -> Rows:
        try:
            return relinked(rows)
        except ValueError:
            return tuple(rows)  # a header that cannot be read cannot be linked either

    def _resigned(self, rows: list[StoredRow]) -> Rows:
        try:
            return resigned(rows, self._log.stolen, since=self._chance.randrange(1, len(self._log.rows) + 1))
        except ValueError:
            return tuple(rows)

    def _mutate(self, rows: list[StoredRow], kind: str) -> None:
        chance = self._chance
        if not rows:
            return
        at, to = chance.randrange(len(rows)), chance.randrange(len(rows))
        match kind:
            case "flip":
                rows[at] = self._flipped(rows[at])
            case "retype":
                row = self._flipped(rows[at])
                rows[at] = row._replace(hash=leaf_hash(row.leaf))
            case "delete":
                del rows[at]
            case "delete range":
                del rows[min(at, to) : max(at, to)]
            case "double":
                rows.insert(to, rows[at])
            case "swap":
                rows[at], rows[to] = rows[to], rows[at]
            case "move":
                rows.insert(to, rows.pop(at))
            case "truncate":
                del rows[at:]
            case "insert":
                rows.insert(to, rows[at]._replace(body=rows[to].body, salt=chance.randbytes(16)))
            case "exchange":
                rows[at] = rows[at]._replace(body=rows[to].body, salt=rows[to].salt)
            case "salt":
                rows[at] = rows[at]._replace(salt=chance.randbytes(16))
            case _:
                rows[at:] = self._another.rows[at:]

    def _flipped(self, row: StoredRow) -> StoredRow:
        parts = [row.leaf, row.salt, row.body, row.hash]
        at = self._chance.randrange(len(parts))
        value = bytearray(parts[at])
        if value:
            value[self._chance.randrange(len(value))] ^= 1 << self._chance.randrange(8)
        parts[at] = bytes(value)
        return StoredRow(row.seq, *parts)
