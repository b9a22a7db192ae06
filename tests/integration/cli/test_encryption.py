"""An encrypted home from outside: nothing of what it holds is in any byte of any file, and only its key opens it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.model_service import KEY, MODEL, answers, model_service
from tests.fakes.openai_server import OPEN
from tests.integration.cli.program import ROOT, Ended, Launcher, Shell
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.seal import Seal

SECRET = "4711abcd" * 8
SEAL = Seal.of(SECRET)
REASON = "planted-reason-of-the-model"
ORDER = "planted-reason-of-the-operator"
MARKERS = (REASON, ORDER, "BTCUSDT", "open_position", "take_profit", '"equity"')
"""What a reader of the disk would look for: texts, symbols, tools, orders and money."""


READING = (
    ("status",),
    ("audit", "verify"),
    ("audit", "verify", "--exchange"),
    ("audit", "show"),
    ("audit", "show", "--cycle", "1"),
    ("audit", "export"),
)
RUNNING = ("run", "--feed", "synthetic", "--decider", "rules", "--speed", "max", "--cycles", "1", "--seed", "1")


class Machine:
    """A home, and every other place in which a program leaves files: temporary ones, caches, state."""

    def __init__(self, folder: Path, shell: Shell, url: str, **more: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._shell = shell
        self._prompt = shell.folder / "eager.md"  # elsewhere: what a prompt says is not encrypted
        shipped_prompt = (ROOT / "prompts" / "trader.md").read_text()
        self._prompt.write_text(shipped_prompt.replace("interval: 60s", "interval: 1s"))
        places = {
            name: str(folder / name.lower()) for name in ("TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
        }
        for place in places.values():
            Path(place).mkdir(parents=True)
        model = {
            "TUI_TRADER_OPENAI__BASE_URL": url,
            "TUI_TRADER_OPENAI__API_KEY": KEY,
            "TUI_TRADER_OPENAI__MODEL": MODEL,
        }
        self.env = {**places, **model, "HOME": str(folder), "SQLITE_TMPDIR": places["TMPDIR"], **more}

    def run(self, *arguments: str | Path, **more: str) -> Ended:
        return self._shell.run(*arguments, "--home", self.home, env={**self.env, **more}, cwd=self.folder)

    def trade(self) -> None:
        """Real time: the store that writes in a thread, checkpoints on the disk. Killed with its write-ahead logs."""
        model = ("run", "--prompt", self._prompt, "--feed", "synthetic", "--decider", "openai", "--json", "--seed", "1")
        with self._shell.start(*model, "--home", self.home, env=self.env, cwd=self.folder) as program:
            program.event("decision")
            halted = self.run("halt", "--reason", ORDER)
            assert halted.code == 0, halted.err
            assert (self.home / "journal.db-wal").stat().st_size
            program.kill()

    def files(self) -> dict[str, bytes]:
        """Every byte of every file, by its path."""
        found = (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def marked(self) -> dict[str, list[str]]:
        """Where markers stand; a name counts as well."""
        files = self.files()
        return {
            name: hits
            for name, content in files.items()
            if (hits := [marker for marker in MARKERS if marker.encode() in content or marker in name])
        }


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    opening = {**OPEN, "take_profit_bps": 150, "reason": REASON}
    with model_service(lambda _: answers(("open_position", opening))) as server:
        yield server.base_url


def test_no_byte_of_any_file_shows_what_an_encrypted_home_holds(
    shell: Shell, tmp_path_factory: pytest.TempPathFactory, url: str
) -> None:
    machine = Machine(tmp_path_factory.mktemp("m"), shell, url, TUI_TRADER_JOURNAL_KEY=SECRET)
    machine.trade()
    with JournalReader(machine.home / "journal.db", SEAL) as reader:
        held = b"\n".join(row.leaf + row.body for row in reader.stored())
    assert not [marker for marker in MARKERS if marker.encode() not in held], "else the search below finds nothing"
    names = set(machine.files())
    expected = {"journal.db", "journal.db-wal", "paper.db", "paper.db-wal", "checkpoints.db", "checkpoints.db-wal"}
    assert {f"home/{name}" for name in expected} <= names
    assert any(name.startswith("home/cassettes/") for name in names)
    assert machine.marked() == {}
    assert not [name for name, content in machine.files().items() if SECRET.encode() in content]


def test_the_same_search_finds_them_in_a_plain_home_which_can_be_encrypted_afterwards(
    shell: Shell, tmp_path_factory: pytest.TempPathFactory, url: str
) -> None:
    machine = Machine(tmp_path_factory.mktemp("m"), shell, url)
    machine.trade()
    emergency = machine.home / "emergency.jsonl.imported-1"
    emergency.write_text(f'{{"entry":{{"note":"{ORDER}"}}}}\n')
    marked = set(machine.marked())
    databases = {f"home/{name}.db-wal" for name in ("journal", "paper", "checkpoints")}
    assert databases | {f"home/{emergency.name}"} <= marked
    assert any(name.startswith("home/cassettes/") for name in marked)
    before = machine.run("audit", "verify", "--json").lines[0]
    refused = machine.run("run", "--cycles", "1", TUI_TRADER_JOURNAL_KEY=SECRET)
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "keys encrypt" in refused.err

    done = machine.run("keys", "encrypt", "--json", TUI_TRADER_JOURNAL_KEY=SECRET)
    assert (done.code, done.err) == (0, "")
    outcomes = {Path(line["file"]).name: line["outcome"] for line in done.lines}
    assert (outcomes["journal.db"], outcomes["paper.db"], outcomes["checkpoints.db"]) == (
        "encrypted",
        "encrypted",
        "dropped",
    )
    assert machine.marked() == {}
    with_key = {"TUI_TRADER_JOURNAL_KEY": SECRET}
    assert machine.run("audit", "verify", "--json", **with_key).lines[0] == before
    again = machine.run("keys", "encrypt", "--json", **with_key)
    assert {line["outcome"] for line in again.lines[:-1]} == {"already"}


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Path:
    """A small encrypted home whose key lies in its own folder, as `keys encrypt` leaves it."""
    folder = tmp_path_factory.mktemp("small")
    shell = Shell(folder, launcher)
    home = folder / "home"
    made = shell.run("keys", "encrypt", "--home", home)
    assert made.code == 0, made.err
    assert (home / "secrets" / "journal_key").read_text() not in made.out + made.err
    ran = shell.run(*RUNNING, "--home", home)
    assert ran.code == 0, ran.err
    return home


@pytest.fixture
def home(encrypted: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(encrypted, tmp_path / "home"))


def test_every_command_works_on_an_encrypted_home(shell: Shell, home: Path) -> None:
    for command in (*READING, RUNNING):
        ended = shell.run(*command, "--home", home, "--json")
        assert (ended.code, ended.err) == (0, ""), command
    exported = home.parent / "log.jsonl"
    assert shell.run("audit", "export", "--output", exported, "--home", home).code == 0
    assert shell.run("audit", "verify", "--file", exported, "--home", home).code == 0
    examined = shell.run("doctor", "--json", "--home", home)
    found = {(line["what"], line["level"]) for line in examined.lines}
    assert {("encryption", "ok"), ("encryption", "warn"), ("journal", "ok")} <= found


def test_without_its_key_each_command_says_so_in_one_sentence_and_a_halt_works(shell: Shell, home: Path) -> None:
    (home / "secrets" / "journal_key").unlink()
    before = (home / "journal.db").read_bytes()
    for command in (*READING, RUNNING, ("keys", "encrypt")):
        check_refused(shell.run(*command, "--home", home), "no journal_key is at hand")
    for key, said in (("0" * 64, "is not the one"), ("no key of this kind", "64 hexadecimal digits")):
        for command in (("status",), RUNNING):
            refused = shell.run(*command, "--home", home, env={"TUI_TRADER_JOURNAL_KEY": key})
            check_refused(refused, said)
            assert key not in refused.err
    examined = shell.run("doctor", "--json", "--home", home)
    assert ("encryption", "bad") in {(line["what"], line["level"]) for line in examined.lines}
    assert examined.code == 1
    halted = shell.run("halt", "--home", home)
    assert halted.code == 1, "what works at the exchange could not be looked up, and that is said"
    assert halted.out.startswith("not done: UNREACHED halted by the file ")
    assert (home / "HALT").exists()
    assert (home / "journal.db").read_bytes() == before


def check_refused(ended: Ended, said: str) -> None:
    """One sentence, exit 2."""
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert said in ended.err


def test_what_was_broken_off_is_refused_until_it_is_finished(shell: Shell, home: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    assert shell.run(*RUNNING, "--home", plain).code == 0
    for name in ("journal.db", "journal.head", "journal.key", "journal.pub", "paper.db"):
        shutil.copy(plain / name, home / name)
    (home / "paper.encrypting").write_bytes(b"a half")
    refused = shell.run(*RUNNING, "--home", home)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "not encrypted yet" in refused.err
    finished = shell.run("keys", "encrypt", "--home", home, "--json")
    assert [line["outcome"] for line in finished.lines] == ["encrypted", "encrypted", "done"]
    assert not (home / "paper.encrypting").exists()
    assert shell.run(*RUNNING, "--home", home).code == 0


def test_a_damaged_journal_is_not_encrypted_but_named(shell: Shell, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    assert shell.run(*RUNNING, "--home", plain).code == 0
    (plain / "journal.head").write_text(f"999 {'0' * 64}\n")
    before = (plain / "journal.db").read_bytes()
    refused = shell.run("keys", "encrypt", "--home", plain, env={"TUI_TRADER_JOURNAL_KEY": SECRET})
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "Encrypt only what is whole" in refused.err
    assert (plain / "journal.db").read_bytes() == before


def test_without_the_extra_the_sentence_names_it(shell: Shell, home: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sqlcipher3.py").write_text("raise ImportError\n")
    env = {"PYTHONPATH": f"{hidden}:{Path(__file__).parents[3]}"}
    refused = shell.run("status", "--home", home, env=env, spawned=True)
    assert (refused.code, refused.out) == (2, "")
    assert "tui-trader[encryption]" in refused.err


def test_a_running_engine_is_not_encrypted_under_its_feet(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "running"
    with shell.start(
        "run", "--feed", "synthetic", "--decider", "rules", "--speed", "60", "--json", "--home", home
    ) as program:
        program.event("decision")
        refused = shell.run("keys", "encrypt", "--home", home, env={"TUI_TRADER_JOURNAL_KEY": SECRET})
    assert refused.code == 2
    assert "another tui-trader runs in this home" in refused.err
    assert SECRET not in refused.err
