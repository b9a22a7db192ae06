"""The known attacks on a signed log, each with what catches it: the first public key alone, or an anchored head."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.tampering.logs import Signed, is_signature, kind_of, rebuilt, relinked, resigned
from tui_trader.core.chance import Chance
from tui_trader.journal.canonical import canonical
from tui_trader.journal.codec import encode
from tui_trader.journal.layout import StoredRow, header_of
from tui_trader.journal.signing import Place, SigningKey

Rows = tuple[StoredRow, ...]
FORGED = b'{"equity":"999999","wallet":"0.5"}'


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done to the rows. `needs_anchor`: with the public key alone nobody can tell."""

    name: str
    harm: Callable[[Signed], Rows]
    needs_anchor: bool = False


def _first_told(log: Signed, since: int = 0) -> int:
    """The index of the first equity row from an index on."""
    return next(i for i, row in enumerate(log.rows) if i >= since and kind_of(row) == "equity")


def _last(log: Signed, kind: str) -> int:
    return max(i for i, row in enumerate(log.rows) if kind_of(row) == kind)


def _with_body(rows: Rows, index: int, body: bytes) -> Rows:
    return (*rows[:index], rows[index]._replace(body=body), *rows[index + 1 :])


def edit(log: Signed) -> Rows:
    return _with_body(log.rows, _first_told(log), FORGED)


def edit_and_rehash(log: Signed) -> Rows:
    return relinked(edit(log))


def delete_and_rehash(log: Signed) -> Rows:
    at = _first_told(log, 3)
    return relinked((*log.rows[:at], *log.rows[at + 1 :]))


def insert_and_rehash(log: Signed) -> Rows:
    at = _first_told(log, 3)
    return relinked((*log.rows[:at], log.rows[at]._replace(body=FORGED), *log.rows[at:]))


def swap(log: Signed) -> Rows:
    at = _first_told(log)
    one, other = log.rows[at : at + 2]
    return relinked((*log.rows[:at], other, one, *log.rows[at + 2 :]))


def cut_out_and_keep_later_checkpoints(log: Signed) -> Rows:
    return relinked((*log.rows[:5], *log.rows[_last(log, "checkpoint") :]))


def truncate_to_a_checkpoint(log: Signed) -> Rows:
    signatures = [i for i, row in enumerate(log.rows) if is_signature(row)]
    return log.rows[: signatures[-2] + 1]


def truncate_the_unsigned_tail(log: Signed) -> Rows:
    return log.rows[: _last(log, "checkpoint") + 1]


def delete_all_checkpoints(log: Signed) -> Rows:
    return relinked(row for row in log.rows if kind_of(row) != "checkpoint")


def delete_all_signatures(log: Signed) -> Rows:
    return relinked(row for row in log.rows if not is_signature(row))


def delete_one_checkpoint(log: Signed) -> Rows:
    at = _last(log, "checkpoint")
    return relinked((*log.rows[:at], *log.rows[at + 1 :]))


def replay_an_older_copy(log: Signed) -> Rows:
    return log.rows[: _last(log, "key") - 1]


def replace_all_with_a_new_key(log: Signed) -> Rows:
    """Another log by another key, without a fault of its own."""
    key = SigningKey.drawn(Chance(99), "mine")
    rows = relinked(row for row in log.rows[:6] if not is_signature(row))
    header = header_of(rows[-1].leaf)
    record = key.introducing(key, Place(header.log, len(rows) + 1, rows[-1].hash.hex(), header.time))
    signature = log.rows[-1]._replace(body=canonical(encode(record)))
    return (*rows, rebuilt(signature, rows[-1], kind="key", time=header.time))


def rewrite_a_finished_run_with_the_stolen_key(log: Signed) -> Rows:
    return resigned(edit(log), log.stolen, since=1)


def rewrite_the_last_run_with_the_stolen_key(log: Signed) -> Rows:
    since = _last(log, "key") + 1
    return resigned(_with_body(log.rows, _first_told(log, since), FORGED), log.stolen, since=since)


def swap_the_public_key_of_a_rotation(log: Signed) -> Rows:
    at = _last(log, "key")
    mine = SigningKey.drawn(Chance(99), "mine")
    body = log.rows[at].body.replace(log.stolen.public.hex().encode(), mine.public.hex().encode())
    return resigned(_with_body(log.rows, at, body), mine, since=at + 2)


def spell_a_signature_otherwise(log: Signed) -> Rows:
    at = _last(log, "checkpoint")
    return relinked(_with_body(log.rows, at, log.rows[at].body.replace(b'{"sig', b'{ "sig')))


def forge_what_is_signed_at_once_in_the_tail(log: Signed) -> Rows:
    """A fill, an intent or a halt that never was, where a crash may leave rows without a signature."""
    money = next(row for row in log.rows if kind_of(row) == "transfer")
    return (*log.rows, rebuilt(money, log.rows[-1], time=header_of(log.rows[-1].leaf).time))


ATTACKS = (
    Attack("edit a body", edit),
    Attack("edit a body and compute the chain anew", edit_and_rehash),
    Attack("delete in the middle, renumber, rehash", delete_and_rehash),
    Attack("insert a forged row, rehash", insert_and_rehash),
    Attack("swap two rows, rehash", swap),
    Attack("cut out, leave later checkpoints", cut_out_and_keep_later_checkpoints),
    Attack("truncate cleanly to an earlier checkpoint", truncate_to_a_checkpoint, needs_anchor=True),
    Attack("truncate only the unsigned tail", truncate_the_unsigned_tail, needs_anchor=True),
    Attack("delete all checkpoints, rehash", delete_all_checkpoints),
    Attack("delete all signatures, rehash", delete_all_signatures),
    Attack("delete one checkpoint, rehash", delete_one_checkpoint),
    Attack("replay an older copy", replay_an_older_copy, needs_anchor=True),
    Attack("replace all with a new key", replace_all_with_a_new_key),
    Attack("rewrite a finished run with the stolen key", rewrite_a_finished_run_with_the_stolen_key),
    Attack("rewrite the last run with the stolen key", rewrite_the_last_run_with_the_stolen_key, needs_anchor=True),
    Attack("swap the public key of a rotation", swap_the_public_key_of_a_rotation),
    Attack("spell a signature otherwise", spell_a_signature_otherwise),
    Attack("forge what is signed at once, in the tail", forge_what_is_signed_at_once_in_the_tail),
)
