"""`keys` from outside: it keeps, lists and forgets, and no value is in any output or file but its own."""

import subprocess
import sys
from pathlib import Path

from tests.integration.cli.program import ROOT, Shell, environment

MARKER = "sk-planted-marker-4711-xyzzy"


def set_key(home: Path, typed: str, *name: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tui_trader", "keys", "set", *name, "--home", str(home)]
    return subprocess.run(
        command, input=typed, env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_key_is_kept_listed_used_and_forgotten(shell: Shell, home: Path) -> None:
    done = set_key(home, MARKER + "\n", "openai_api_key")
    assert (done.returncode, done.stderr) == (0, "")
    file = home / "secrets" / "openai_api_key"
    assert file.read_text() == MARKER
    listed = shell.run("keys", "list", "--home", home, "--json")
    assert [line["source"] for line in listed.lines] == [str(home / "secrets"), None, None, None]
    shown = shell.run("config", "show", "--home", home)
    examined = shell.run("doctor", "--home", home)
    assert "openai_api_key from" in examined.out
    outputs = (done.stdout, listed.out, shown.out, shown.err, examined.out, examined.err)
    assert not any(MARKER in output for output in outputs)
    assert shell.run("keys", "delete", "openai_api_key", "--home", home).code == 0
    assert not file.exists()
    assert shell.run("keys", "delete", "openai_api_key", "--home", home).code == 1


def test_what_is_no_key_and_what_others_can_read_are_refused_in_a_sentence(shell: Shell, home: Path) -> None:
    for typed, name in (("short\n", "openai_api_key"), (MARKER, "no_such_key")):
        done = set_key(home, typed, name)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert set_key(home, MARKER, "binance_api_key").returncode == 0
    (home / "secrets" / "binance_api_key").chmod(0o644)
    refused = shell.run("run", "--home", home, "--feed", "synthetic", "--decider", "rules", "--cycles", "1")
    assert (refused.code, refused.out) == (2, "")
    assert "chmod 600" in refused.err
    assert refused.err.count("\n") == 1
    assert MARKER not in refused.err


def test_a_run_with_keys_from_the_environment_leaves_them_nowhere(shell: Shell, home: Path) -> None:
    kept = home.parent / "environment-of-a-child"
    telling = home.parent / "telling.py"
    telling.write_text(f"import os, pathlib\npathlib.Path({str(kept)!r}).write_text(repr(dict(os.environ)))\n")
    env = {
        "OPENAI_API_KEY": MARKER,
        "TUI_TRADER_BINANCE__API_SECRET": MARKER + "-secret",
        "TUI_TRADER_ANCHOR__COMMAND": f"{sys.executable} {telling}",
    }
    run = ("run", "--feed", "synthetic", "--decider", "rules", "--speed", "max", "--cycles", "3", "--json")
    ended = shell.run(*run, "--home", home, env=env)
    assert (ended.code, ended.err) == (0, "")
    assert MARKER not in ended.out
    assert "PATH" in kept.read_text()
    for file in (*home.rglob("*"), kept):
        if file.is_file():
            assert MARKER.encode() not in file.read_bytes(), file
