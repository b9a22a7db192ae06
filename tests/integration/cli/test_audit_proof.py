"""`audit verify` with a key and heads from elsewhere, and redacted exports, from outside; both verifiers agree."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.program import ROOT, Launcher, Shell
from tests.integration.cli.test_run import run


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher, minutes: Path) -> Path:
    """A folder with `home`, in which two runs have ended, `older`, the home after the first, and `anchors`."""
    folder = tmp_path_factory.mktemp("twice")
    shell, anchors = Shell(folder, launcher), []
    for number in range(2):
        ended = run(shell, folder / "home", minutes, "--seed", "1", cycles=40)
        assert (ended.code, ended.err) == (0, "")
        anchors.append(ended.out)
        if number == 0:
            shutil.copytree(folder / "home", folder / "older")
    (folder / "anchors").write_text("".join(anchors))
    return folder


def stranger(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "contrib" / "verify_journal.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")


def test_the_output_of_runs_is_an_anchor_and_a_restarted_home_agrees_with_all_of_it(shell: Shell, twice: Path) -> None:
    home, key = twice / "home", twice / "home" / "journal.pub"
    verified = shell.run(
        "audit", "verify", "--home", home, "--public-key", key, "--anchor", twice / "anchors", "--json"
    )
    (line,) = verified.lines
    assert (verified.code, line["ok"]) == (0, True)
    assert line["entries"] == line["signed"] == line["anchored"]
    said = stranger("--public-key", key, "--anchor", twice / "anchors", home / "journal.db")
    assert (said.returncode, said.stderr) == (0, "")
    assert line["head"] in said.stdout


def test_an_older_copy_agrees_with_itself_and_not_with_the_anchor(shell: Shell, twice: Path) -> None:
    home, key = twice / "older", twice / "home" / "journal.pub"
    assert shell.run("audit", "verify", "--home", home, "--public-key", key).code == 0
    caught = shell.run("audit", "verify", "--home", home, "--public-key", key, "--anchor", twice / "anchors")
    assert caught.code == 1
    assert "was anchored in" in caught.out
    assert stranger("--public-key", key, "--anchor", twice / "anchors", home / "journal.db").returncode == 1


def test_the_exchange_knows_what_a_log_that_was_put_back_does_not(shell: Shell, twice: Path, tmp_path: Path) -> None:
    whole = shell.run("audit", "verify", "--exchange", "--home", twice / "home", "--json")
    (line,) = whole.lines
    assert (whole.code, line["ok"]) == (0, True)
    assert 0 < line["exchange"]["orders"] == line["exchange"]["matched"]
    put_back = tmp_path / "put-back"
    shutil.copytree(twice / "older", put_back)
    shutil.copy(twice / "home" / "paper.db", put_back / "paper.db")
    assert shell.run("audit", "verify", "--home", put_back).code == 0
    caught = shell.run("audit", "verify", "--exchange", "--home", put_back)
    assert caught.code == 1
    assert "no row of the log announces it" in caught.out


def test_a_redacted_export_verifies_and_holds_no_withheld_body(shell: Shell, twice: Path, tmp_path: Path) -> None:
    home, key, file = twice / "home", twice / "home" / "journal.pub", tmp_path / "log.jsonl"
    kinds = "decision,tool.call,tool.result"
    assert shell.run("audit", "export", "--home", home, "--redact", kinds, "--output", file).code == 0
    bodies = [json.loads(line).get("body") for line in file.read_text().splitlines()]
    assert None in bodies
    assert not any(body is not None and '"verdict":"hold"' in body for body in bodies)
    verified = shell.run("audit", "verify", "--file", file, "--public-key", key, "--anchor", twice / "anchors")
    assert verified.code == 0
    assert f"the bodies of {bodies.count(None)} rows are withheld" in verified.out
    said = stranger("--public-key", key, "--anchor", twice / "anchors", file)
    assert said.returncode == 0
    assert f"{bodies.count(None)} bodies withheld" in said.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "--public-key", "anchors"),
        ("verify", "--public-key", "none"),
        ("verify", "--anchor", "home/journal.db"),
        ("verify", "--anchor", "none"),
        ("export", "--redact", "checkpoint"),
        ("export", "--redact", "nothing"),
    ],
    ids="-".join,
)
def test_what_cannot_be_used_is_two_and_a_sentence(shell: Shell, twice: Path, arguments: tuple[str, ...]) -> None:
    given = [str(twice / word) if "/" in word or word in ("anchors", "none") else word for word in arguments]
    ended = shell.run("audit", *given, "--home", twice / "home")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1


def test_the_stranger_says_so_too(twice: Path) -> None:
    for arguments in (("--public-key", "00" * 32), ("--public-key", twice / "anchors"), ("--public-key", twice / "no")):
        said = stranger(*arguments, twice / "home" / "journal.db")
        assert said.returncode in (1, 2)
        assert "Traceback" not in said.stderr


def test_without_its_key_a_home_starts_no_run_and_says_what_to_do(
    shell: Shell, twice: Path, home: Path, minutes: Path
) -> None:
    shutil.copytree(twice / "home", home)
    (home / "journal.key").unlink()
    refused = run(shell, home, minutes, "--seed", "1", cycles=3)
    assert (refused.code, refused.out) == (2, "")
    assert "the signing key is missing" in refused.err
    assert refused.err.count("\n") == 1
