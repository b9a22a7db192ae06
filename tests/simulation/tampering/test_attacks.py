"""Each known attack on a signed log: what catches it, and what honestly does not. Both verifiers say the same."""

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulation.tampering.attacks import ATTACKS, Attack
from tests.simulation.tampering.fuzzing import fuzzed
from tests.simulation.tampering.logs import Signed, signed_log, write_log
from tui_trader.journal.anchor import anchor_of, read_anchors
from tui_trader.journal.export import export, verify_export
from tui_trader.journal.keys import KeyFiles
from tui_trader.journal.ports import Head
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Broken, Verified, verify

SCRIPT = Path(__file__).parents[3] / "contrib" / "verify_journal.py"
MUTATIONS = 2_000

each = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
Stranger = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed_log(tmp_path_factory.mktemp("sound") / "journal.db")


@pytest.fixture
def anchored(tmp_path: Path, log: Signed) -> Path:
    """The last head, kept elsewhere."""
    file = tmp_path / "anchors.jsonl"
    last = log.rows[-1]
    file.write_text(json.dumps(anchor_of(Head(last.seq, last.hash), "2026-01-01T00:00:00.000Z")) + "\n")
    return file


@pytest.fixture
def attacked(tmp_path: Path, log: Signed) -> Callable[[Attack], Path]:
    """The home after the attack: a log and a head file that agree, and the public key as it was handed out."""

    def run(attack: Attack) -> Path:
        folder = tmp_path / "home"
        folder.mkdir()
        write_log(folder / "journal.db", attack.harm(log))
        shutil.copy(KeyFiles(log.path).public, tmp_path / "handed-out.pub")
        return folder / "journal.db"

    return run


@pytest.fixture
def stranger(log: Signed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Stranger:
    """The verifier of contrib/, run as a program: its exit code and what it said."""
    spec = importlib.util.spec_from_file_location("verify_journal", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*arguments: object) -> tuple[int, str]:
        key = ("--public-key", log.public_key.hex())
        monkeypatch.setattr(sys, "argv", ["verify_journal.py", *key, *map(str, arguments)])
        code = module.main()
        return code, capsys.readouterr().out

    return run


def test_the_whole_log_passes_both(log: Signed, anchored: Path, stranger: Stranger) -> None:
    verdict = verify(log.path, public_key=log.public_key, anchors=read_anchors(anchored))
    assert isinstance(verdict, Verified)
    code, said = stranger("--anchor", anchored, log.path)
    assert code == 0
    assert f"whole: {verdict.head.seq} rows, head {verdict.head.hash.hex()}" in said
    assert f"signed up to row {verdict.trust.signed}" in said


@each
def test_an_attack_is_caught_by_the_key_unless_it_says_that_it_needs_the_anchor(
    log: Signed, attacked: Callable[[Attack], Path], attack: Attack, stranger: Stranger
) -> None:
    path = attacked(attack)
    verdict = verify(path, public_key=log.public_key)
    assert isinstance(verdict, Verified if attack.needs_anchor else Broken), verdict
    assert stranger(path)[0] == (0 if attack.needs_anchor else 1)


@each
def test_with_the_last_head_kept_elsewhere_every_attack_before_it_is_caught(
    log: Signed, attacked: Callable[[Attack], Path], attack: Attack, anchored: Path, stranger: Stranger
) -> None:
    path = attacked(attack)
    assert isinstance(verify(path, public_key=log.public_key, anchors=read_anchors(anchored)), Broken)
    assert stranger("--anchor", anchored, path)[0] == 1


@each
def test_an_export_of_the_attacked_log_is_no_better(
    tmp_path: Path, log: Signed, attacked: Callable[[Attack], Path], attack: Attack, stranger: Stranger
) -> None:
    path, lines = attacked(attack), tmp_path / "log.jsonl"
    with JournalReader(path) as reader, lines.open("wb") as file:
        export(reader, file)
    verdict = verify_export(lines, public_key=log.public_key)
    assert isinstance(verdict, Verified if attack.needs_anchor else Broken)
    assert stranger(lines)[0] == (0 if attack.needs_anchor else 1)


def test_a_redacted_export_proves_as_much_and_says_what_it_withholds(
    tmp_path: Path, log: Signed, anchored: Path, stranger: Stranger
) -> None:
    lines = tmp_path / "log.jsonl"
    with JournalReader(log.path) as reader, lines.open("wb") as file:
        export(reader, file, withheld={"equity"})
    text = lines.read_text()
    assert "equity" in text  # the kind stands in the header; the figures are gone
    assert "wallet" not in text
    assert "amount" in text
    verdict = verify_export(lines, public_key=log.public_key, anchors=read_anchors(anchored))
    assert isinstance(verdict, Verified)
    assert verdict.withheld == sum(b'"kind":"equity"' in row.leaf for row in log.rows)
    code, said = stranger("--anchor", anchored, lines)
    assert code == 0
    assert f"{verdict.withheld} bodies withheld" in said
    changed = text.replace('\\"kind\\":\\"equity\\"', '\\"kind\\":\\"equitx\\"', 1)
    assert changed != text
    lines.write_text(changed)
    assert isinstance(verify_export(lines, public_key=log.public_key), Broken)
    assert stranger(lines)[0] == 1


def test_a_body_may_be_withheld_in_an_export_and_never_in_the_log(tmp_path: Path, log: Signed) -> None:
    path = tmp_path / "journal.db"
    write_log(path, [log.rows[0]._replace(salt=b"", body=b""), *log.rows[1:]])
    assert "payload" in str(verify(path, public_key=log.public_key))


def test_a_signature_cannot_be_withheld(tmp_path: Path, log: Signed) -> None:
    lines = tmp_path / "log.jsonl"
    with JournalReader(log.path) as reader, lines.open("wb") as file:
        with pytest.raises(ValueError, match="Signatures cannot be left out"):
            export(reader, file, withheld={"checkpoint"})
        export(reader, file)
    stripped = []
    for line in lines.read_text().splitlines():
        row = json.loads(line)
        if '"kind":"checkpoint"' in row["leaf"]:
            row = {"leaf": row["leaf"], "hash": row["hash"]}
        stripped.append(json.dumps(row) + "\n")
    lines.write_text("".join(stripped))
    assert isinstance(verify_export(lines, public_key=log.public_key), Broken)


def test_random_mutations_are_all_caught_before_the_anchored_head(tmp_path: Path) -> None:
    outcome = fuzzed(tmp_path, MUTATIONS, seed=1)
    assert outcome.missed == []
    assert outcome.tried == MUTATIONS
    assert outcome.caught > 0.8 * MUTATIONS
    assert outcome.needed_the_anchor > 0  # else the mutations are too tame to tell


def test_the_standalone_verifier_is_short_and_imports_nothing_of_the_program() -> None:
    source = SCRIPT.read_text()
    assert source.count("\n") < 300
    assert "import tui_trader" not in source
    assert "from tui_trader" not in source
