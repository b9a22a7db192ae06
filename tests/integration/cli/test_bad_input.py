"""Bad input: one clear sentence on stderr that names the thing and the way out, the right code, and nothing lost."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.cli.markets import HEADER, START_MS, kline_rows, write_rows
from tests.integration.cli.program import Ended, Shell
from tests.integration.cli.records import bytes_of, paper_books
from tests.integration.cli.test_operator import write_prompt
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.records import HomeOpened
from tui_trader.core.words import Actor, Mode
from tui_trader.journal.ports import Entry
from tui_trader.journal.writer import open_journal

SECRET = "sk-never-to-be-seen-7f3a"
RULES = ("--decider", "rules", "--speed", "max", "--cycles", "2")


def check_refused(ended: Ended, *named: object, code: int = 2) -> None:
    """One sentence that names these things; nothing on stdout, no trace, no secret."""
    assert (ended.code, ended.out) == (code, ""), ended
    assert ended.err.startswith("tui-trader: "), ended.err
    assert ended.err.count("\n") == 1, ended.err
    assert ended.err.rstrip().endswith((".", "?", ")")), ended.err
    for thing in named:
        assert str(thing) in ended.err, (thing, ended.err)
    assert "Traceback" not in ended.err
    assert "internal" not in ended.err
    assert SECRET not in ended.err


# ---------------------------------------------------------------------- data files


def changed(row: str, field: int, figure: str) -> str:
    fields = row.split(",")
    fields[field] = figure
    return ",".join(fields)


def missing(_: Path) -> str:
    return "there is no such file"


def empty(path: Path) -> str:
    path.write_bytes(b"")
    return "the file is empty"


def a_header_alone(path: Path) -> str:
    write_rows(path, [])
    return "no rows"


def another_header(path: Path) -> str:
    write_rows(path, kline_rows(5), "time,o,h,l,c,v")
    return "the column open_time is missing"


def a_picture(path: Path) -> str:
    path.write_bytes(bytes(range(256)) * 10)
    return "not a text file"


def cut_off(path: Path) -> str:
    packed = write_rows(path.with_suffix(".csv.gz"), kline_rows(300)).read_bytes()
    path.write_bytes(packed[: len(packed) // 2])
    return "gzip"


def a_gap(path: Path) -> str:
    rows = kline_rows(20)
    write_rows(path, [*rows[:8], *rows[10:]])
    return "line 10: a gap (missing rows: 2"


def a_step_back(path: Path) -> str:
    rows = kline_rows(20)
    write_rows(path, [*rows[:8], rows[4], *rows[8:]])
    return "line 10: time steps back"


def a_row_twice(path: Path) -> str:
    rows = kline_rows(20)
    write_rows(path, [*rows[:8], rows[7], *rows[8:]])
    return "line 10: 2025-05-05T07:07:00.000Z is there twice"


def a_price_of_zero(path: Path) -> str:
    rows = kline_rows(20)
    write_rows(path, [*rows[:8], changed(rows[8], 3, "0"), *rows[9:]])
    return "line 10: the low is 0"


def a_price_that_is_no_number(path: Path) -> str:
    rows = kline_rows(20)
    write_rows(path, [*rows[:8], changed(rows[8], 1, "NaN"), *rows[9:]])
    return "line 10: the open is 'NaN'"


def a_cut_row(path: Path) -> str:
    rows = kline_rows(20)
    write_rows(path, [*rows[:8], rows[8][:20]])
    return "line 10: the row has"


def a_time_in_seconds(path: Path) -> str:
    rows = kline_rows(3)
    write_rows(path, [changed(row, 0, str(START_MS // 1000 + 60 * n)) for n, row in enumerate(rows)])
    return "line 2: open_time"


DATA_DAMAGES = (
    missing,
    empty,
    a_header_alone,
    another_header,
    a_picture,
    cut_off,
    a_gap,
    a_step_back,
    a_row_twice,
    a_price_of_zero,
    a_price_that_is_no_number,
    a_cut_row,
    a_time_in_seconds,
)


@pytest.mark.parametrize("damage", DATA_DAMAGES, ids=lambda damage: damage.__name__)
def test_data_that_cannot_be_trusted(shell: Shell, home: Path, tmp_path: Path, damage: Callable[[Path], str]) -> None:
    path = tmp_path / "BTCUSDT-1m-bad.csv"
    said = damage(path)
    ended = shell.run("run", "--home", home, "--feed", f"file:{path}", *RULES, "--json")
    check_refused(ended, path, said)
    assert not (home / "journal.db").exists()


@pytest.mark.parametrize("kind", ["funding", "mark-1h"])
def test_a_side_file_that_cannot_be_trusted(shell: Shell, home: Path, tmp_path: Path, kind: str) -> None:
    klines = write_rows(tmp_path / "BTCUSDT-1m-x.csv", kline_rows(5))
    side = write_rows(tmp_path / f"BTCUSDT-{kind}-x.csv", ["yesterday,1,1,1,1"], "open_time,open,high,low,close")
    check_refused(shell.run("run", "--home", home, "--feed", f"file:{klines}", *RULES), side)


def test_no_data_for_any_symbol_of_the_policy(shell: Shell, home: Path, tmp_path: Path) -> None:
    klines = write_rows(tmp_path / "DOGEUSDT-1m-x.csv", kline_rows(5))
    check_refused(shell.run("run", "--home", home, "--feed", f"file:{klines}", *RULES), "BTCUSDT", "DOGEUSDT")


def test_a_folder_without_data(shell: Shell, home: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    ended = shell.run("run", "--home", home, "--feed", f"file:{tmp_path / 'nothing'}", *RULES)
    check_refused(ended, tmp_path / "nothing", "no klines")


# ---------------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--symbols", "DOGEUSDT"), ("DOGEUSDT", "BTCUSDT")),
        (("--mode", "live"), ("live", "paper")),
        (("--mode", "demo"), ("demo", "--feed binance")),
        (("--mode", "demo", "--feed", "binance"), ("--speed", "pace")),
        (("--mode", "demo", "--feed", "binance", "--speed", "1"), ("no key", "TUI_TRADER_BINANCE__API_KEY")),
        (("--mode", "demo", "--feed", "binance", "--decider", "auto"), ("--decider auto", "rules")),
        (("--feed", "binance"), ("--speed", "pace")),
        (("--feed", "binance", "--speed", "1"), ("binance", "does not answer", "synthetic")),
        (("--feed", "nonsense"), ("nonsense", "synthetic")),
        (("--feed", "file:"), ("file:",)),
        (("--speed", "0"), ("--speed", "max")),
        (("--speed", "abc"), ("--speed", "max")),
        (("--speed", "1.5"), ("--speed", "max")),
        (("--speed", "-1"), ("--speed", "max")),
        (("--speed", "9" * 400), ("--speed", "max")),
        (("--decider", "openai"), ("OPENAI_API_KEY", "--decider rules")),
        (("--prompt", "nobody-wrote-this"), ("nobody-wrote-this",)),
        (("--prompt", "/etc"), ("/etc",)),
    ],
    ids=lambda value: " ".join(value)[:30] if value[0].startswith("--") else "",
)
def test_options_that_cannot_be(shell: Shell, home: Path, options: tuple[str, ...], named: tuple[str, ...]) -> None:
    ended = shell.run("run", "--home", home, "--feed", "synthetic", *RULES, *options, "--json")
    check_refused(ended, *named)
    assert not (home / "journal.db").exists()


@pytest.mark.parametrize("option", ["--decider", "--mode", "--seed"])
def test_values_that_no_option_has(shell: Shell, home: Path, option: str) -> None:
    ended = shell.run("run", "--home", home, option, "nonsense")
    assert (ended.code, ended.out) == (2, "")
    assert option in ended.err
    assert "nonsense" in ended.err


# ---------------------------------------------------------------------- prompts


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("  max_leverage: 3 ", "  # "), ("max_leverage is missing", "max_leverage: 3")),
        (("max_leverage:", "max_leverag:"), ("max_leverag is not a known setting", 'Did you mean "max_leverage"')),
        (("interval: 60s", "interval: 60 parsecs"), ("line 4", "interval", "units s, m, h, d")),
        (("max_daily_loss_pct: 3 ", "max_daily_loss_pct: lots "), ("max_daily_loss_pct", "a number from")),
        (("max_leverage: 3 ", "max_leverage: 300 "), ("max_leverage", "125")),
        (("stop_loss: required", "stop_loss: optional"), ("stop_loss", "required")),
        (("autonomy: auto", "autonomy: full"), ("autonomy", "observe")),
        (("symbols: [BTCUSDT, ETHUSDT]", "symbols: []"), ("symbols",)),
        (("name: trader", "name: [trader"), ("YAML",)),
        (("---\nname", "name"), ("line 1", "---")),
        (("{{ policy.interval }}", "{{ policy.intervall }}"), ("intervall",)),
        (("{{ policy.interval }}", "{% if %}"), ()),
    ],
)
def test_a_prompt_that_gives_no_policy(
    shell: Shell, home: Path, change: tuple[str, str], named: tuple[str, ...]
) -> None:
    path = write_prompt(home, *change, name="mine")
    ended = shell.run("run", "--home", home, "--feed", "synthetic", *RULES, "--prompt", "mine")
    check_refused(ended, path, *named)
    check_refused(shell.run("prompt", "check", "mine", "--home", home), path, *named)
    assert not (home / "journal.db").exists()


# ---------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("speed = [", ("config.toml", "not valid TOML")),
        ("sped = 'max'", ("sped", "Did you mean speed")),
        ("[openai]\napikey = 'sk-never-to-be-seen-7f3a'", ("openai.apikey",)),
        ("[openai]\napi_key = 5\nmodel = 'sk-never-to-be-seen-7f3a'", ("openai.api_key",)),
        ("mode = 'sk-never-to-be-seen-7f3a'", ("mode",)),
        ("seed = 'sk-never-to-be-seen-7f3a'", ("seed",)),
        ("seed = -1", ("seed",)),
        ("speed = 'fast'", ("speed", "max")),
        ("symbols = 5", ("symbols",)),
        ("symbols = 'BTCUSDT,DOGEUSDT'", ("DOGEUSDT",)),
        ("\x00", ("config.toml",)),
    ],
)
def test_settings_that_cannot_be(shell: Shell, home: Path, content: str, named: tuple[str, ...]) -> None:
    home.mkdir()
    (home / "config.toml").write_text(content, encoding="utf-8")
    check_refused(
        shell.run("run", "--home", home, "--feed", "synthetic", "--decider", "rules", "--cycles", "2"), *named
    )
    assert (home / "config.toml").read_text(encoding="utf-8") == content


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TUI_TRADER_SPED", "max"),
        ("TUI_TRADER_OPENAI__API_KEYS", SECRET),
        ("TUI_TRADER_MODE", SECRET),
        ("TUI_TRADER_SEED", SECRET),
        ("TUI_TRADER_OPENAI__RESPONSES_API", SECRET),
        ("TUI_TRADER_OPENAI", SECRET),
        ("TUI_TRADER_SYMBOLS", "DOGEUSDT"),
    ],
)
def test_a_variable_that_cannot_be(shell: Shell, home: Path, variable: str, value: str) -> None:
    name = variable.removeprefix("TUI_TRADER_").lower().replace("__", ".")
    ended = shell.run("run", "--home", home, "--feed", "synthetic", *RULES, env={variable: value})
    check_refused(ended)
    assert variable in ended.err or name in ended.err, ended.err


def test_secrets_are_shown_nowhere(shell: Shell, home: Path) -> None:
    keys = {"TUI_TRADER_OPENAI__API_KEY": SECRET, "OPENAI_API_KEY": SECRET, "TUI_TRADER_BINANCE__API_SECRET": SECRET}
    for command in (("config", "show"), ("config", "show", "--json"), ("doctor",), ("prompt", "show", "--json")):
        ended = shell.run(*command, "--home", home, env=keys)
        assert SECRET not in ended.out + ended.err, command
    # A key that stands where a name should: it must reach neither the lines nor the journal nor the log.
    ended = shell.run("run", "--home", home, "--feed", "synthetic", *RULES, "--json", env=keys)
    assert ended.code == 0
    for path in home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


# ---------------------------------------------------------------------- homes


def test_a_home_that_is_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("a letter", encoding="utf-8")
    check_refused(shell.run("run", "--feed", "synthetic", *RULES, env={"TUI_TRADER_HOME": str(file)}), file, "--home")
    below = shell.run("run", "--feed", "synthetic", *RULES, env={"TUI_TRADER_HOME": str(file / "below")})
    check_refused(below, file / "below", "--home")
    assert file.read_text(encoding="utf-8") == "a letter"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_is_read_only(shell: Shell, home: Path) -> None:
    home.mkdir(mode=0o500)
    check_refused(shell.run("run", "--home", home, "--feed", "synthetic", *RULES), home, "--home")


def test_a_home_whose_path_is_too_long(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / ("x" * 120)
    check_refused(shell.run("run", "--home", home, "--feed", "synthetic", *RULES), "too long", "--home")


@pytest.mark.parametrize("bytes_free", [1_000, 5_000, 20_000])
def test_a_home_that_is_full(shell: Shell, home: Path, bytes_free: int) -> None:
    ended = shell.run(
        "run", "--home", home, "--feed", "synthetic", *RULES, "--json", limits={"RLIMIT_FSIZE": bytes_free}
    )
    check_refused(ended, home)
    again = shell.run("run", "--home", home, "--feed", "synthetic", *RULES, "--json")
    assert (again.code, again.err) == (0, "")


def test_a_home_in_which_another_runs(shell: Shell, home: Path) -> None:
    feed = (
        "run",
        "--home",
        home,
        "--feed",
        "synthetic",
        "--seed",
        "3",
        "--decider",
        "rules",
        "--speed",
        "60",
        "--json",
    )
    with shell.start(*feed) as program:
        first = program.event("decision")
        check_refused(shell.run(*feed), home, "another tui-trader runs", "--home")
        program.event("decision", cycle=first["cycle"] + 1)


NO_FILES = ("journal.db", "paper.db", "lock", "config.toml", "journal.head", "emergency.jsonl", "control.sock")


@pytest.mark.parametrize("name", NO_FILES)
def test_a_folder_where_a_file_should_be(shell: Shell, home: Path, name: str) -> None:
    (home / name).mkdir(parents=True)
    (home / name / "inside").touch()
    check_refused(shell.run("run", "--home", home, "--feed", "synthetic", *RULES, "--json"), home / name)
    assert (home / name / "inside").exists()


@pytest.mark.parametrize("name", ["checkpoints.db", "tui-trader.log"])
def test_what_is_not_needed_stops_nothing(shell: Shell, home: Path, name: str) -> None:
    (home / name).mkdir(parents=True)
    ended = shell.run(
        "run", "--home", home, "--feed", "synthetic", "--decider", "rules", "--cycles", "1", "--speed", "60"
    )
    assert ended.code == 0, ended
    assert "Traceback" not in ended.err


@pytest.fixture
def used(shell: Shell, home: Path, minutes: Path) -> Path:
    """A home with a little past."""
    feed = ("--feed", f"file:{minutes}", "--seed", "1")
    assert shell.run("run", "--home", home, *feed, *RULES).code == 0
    return home


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda _: b"these are no books " * 300, "paper.db"),
        (lambda _: b"", "are gone, though this home has traded"),
        (lambda used: (used / "journal.db").read_bytes(), "not one of paper books"),
    ],
    ids=["garbage", "empty", "another database"],
)
def test_paper_books_that_are_not_ours(
    shell: Shell, used: Path, minutes: Path, content: Callable[[Path], bytes], said: str
) -> None:
    spoilt = content(used)
    for side in ("paper.db-wal", "paper.db-shm"):
        (used / side).unlink(missing_ok=True)
    (used / "paper.db").write_bytes(spoilt)
    before = bytes_of(used)
    ended = shell.run("run", "--home", used, "--feed", f"file:{minutes}", *RULES, "--json")
    check_refused(ended, used / "paper.db", said)
    assert bytes_of(used)["paper.db"] == before["paper.db"]
    assert shell.run("audit", "verify", "--home", used).code == 0


def test_paper_books_of_another_account(shell: Shell, used: Path, minutes: Path) -> None:
    with closing(sqlite3.connect(used / "paper.db")) as books:
        books.execute("UPDATE account SET name = 'paper-0123456789abcdef'")
        books.commit()
    before = paper_books(used)
    ended = shell.run("run", "--home", used, "--feed", f"file:{minutes}", *RULES, "--json")
    check_refused(ended, used / "paper.db", "paper-0123456789abcdef", "this home belongs to")
    assert paper_books(used) == before


def test_another_market_that_begins_earlier(shell: Shell, used: Path, tmp_path: Path) -> None:
    earlier = write_rows(tmp_path / "BTCUSDT-1m-earlier.csv", kline_rows(60, start=START_MS - 86_400_000), HEADER)
    before = bytes_of(used)
    check_refused(shell.run("run", "--home", used, "--feed", f"file:{earlier}", *RULES), used, "--home")
    assert bytes_of(used) == before


def test_a_home_of_another_mode(shell: Shell, home: Path) -> None:
    home.mkdir()
    asyncio.run(_open_in_demo(home))
    before = bytes_of(home)
    ended = shell.run("run", "--home", home, "--feed", "synthetic", *RULES, "--json")
    check_refused(ended, home, "belongs to mode demo", "--home")
    assert bytes_of(home) == before


async def _open_in_demo(home: Path) -> None:
    """A journal whose first row says so, as a version with the exchange's adapter would write it."""
    path = home / "journal.db"
    async with await open_journal(path, WallClock(), Chance(None), threaded=False, redact=str) as journal:
        opened = HomeOpened(mode=Mode.DEMO, account="binance-1", version="0.2.0")
        await journal.append(Entry(record=opened, actor=Actor.SYSTEM))


def test_symbols_in_a_variable_are_a_list_with_commas(shell: Shell, home: Path) -> None:
    ended = shell.run(
        *("run", "--home", home, "--feed", "synthetic", *RULES, "--json"),
        env={"TUI_TRADER_SYMBOLS": "ETHUSDT, BTCUSDT"},
    )
    assert ended.code == 0
    assert set(ended.events("decision")[0]["symbols"]) == {"BTCUSDT", "ETHUSDT"}
