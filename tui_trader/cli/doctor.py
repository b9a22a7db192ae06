"""`doctor`: looks for what would hurt later: SQLite, disk, clock, terminal, home, rights; and how far live is."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click

from tui_trader.cli.context import DONE, NO, Shared, now_text, say, shared_of, shared_options
from tui_trader.core.clock.pulse import stopwatch
from tui_trader.core.records import JsonObject
from tui_trader.core.words import Mode
from tui_trader.engine.alerting import Alert, AlertKind, deliver
from tui_trader.engine.credentials import gathered, sources
from tui_trader.engine.home import Home, HomeError
from tui_trader.engine.live.standing import standing
from tui_trader.engine.outside_command import CommandFailed
from tui_trader.engine.secret_sources import SecretUnusable
from tui_trader.engine.settings import SettingsError, load_settings
from tui_trader.engine.vault import seal_lies_beside, seal_to_read
from tui_trader.journal.database import cipher_version
from tui_trader.journal.seal import Seal, SealUnusable
from tui_trader.journal.verify import Broken, verify

_LEAST_FREE = 200 * 1024 * 1024
_SYNCS = 20
_HONEST_SYNC = 0.000_05
"""Seconds. A disk that syncs faster than this hardly wrote anything through."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `ok`, `warn` or `bad`, and a sentence. `open` stands between this home and live,
    where that was not asked for.
    """

    what: str
    level: str
    said: str


@click.command()
@click.option("--send-alert", is_flag=True, help="Also run the command for alerts, with a test.")
@shared_options
@click.pass_context
def doctor(ctx: click.Context, /, *, send_alert: bool) -> None:
    """Examine this machine and home; exit 1 if something must be mended before trading."""
    shared = shared_of(ctx)
    findings = (*_findings(shared), *(_alerts(shared.home) if send_alert else ()))
    for finding in findings:
        line: JsonObject = {
            "event": "finding",
            "time": now_text(),
            "what": finding.what,
            "level": finding.level,
            "text": finding.said,
        }
        say(shared, line, f"{finding.level:<5} {finding.what:<12} {finding.said}")
    raise SystemExit(NO if any(finding.level == "bad" for finding in findings) else DONE)


def _findings(shared: Shared) -> Iterator[Finding]:
    home = shared.home
    yield Finding("python", "ok", sys.version.split()[0])
    yield _sqlite()
    yield from _folder(home)
    yield from _settings(home)
    yield from _encryption_and_journal(home)
    yield from _terminal()


def _alerts(home: Home) -> Iterator[Finding]:
    """Whether an alert arrives, as far as the command says."""
    try:
        command = load_settings(home.config).alerts.command
        if not command:
            yield Finding("alerts", "bad", "no command is set: [alerts] command in config.toml")
            return
        deliver(command, Alert(AlertKind.TEST, "this is a test; all is well"))
    except CommandFailed as error:
        yield Finding("alerts", "bad", f"the command failed: {error}")
    except SettingsError:
        return  # it is named above
    else:
        yield Finding("alerts", "ok", f"{command[0]} has taken a test alert; see that it has arrived")


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version_info
    mended = version >= (3, 51, 3) or (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51)
    said = sqlite3.sqlite_version
    if mended:
        return Finding("sqlite", "ok", said)
    return Finding("sqlite", "ok", f"{said} has the WAL-reset defect; one connection writes each file, which avoids it")


def _folder(home: Home) -> Iterator[Finding]:
    try:
        home.prepare()
    except HomeError as error:
        yield Finding("home", "bad", str(error))
        return
    yield Finding("home", "ok", str(home.folder))
    free = shutil.disk_usage(home.folder).free
    level = "ok" if free >= _LEAST_FREE else "bad"
    yield Finding("disk", level, f"{free // 1024 // 1024} MiB free")
    took = _sync_time(home)
    said = f"a sync takes {took * 1000:.2f} ms"
    if took < _HONEST_SYNC:
        yield Finding("sync", "warn", f"{said}: so fast that the disk probably ignores it; a power cut may lose rows")
    else:
        yield Finding("sync", "ok", said)


def _sync_time(home: Home) -> float:
    """Median seconds of a small write that is synced."""
    probe = home.folder / ".sync"
    times: list[float] = []
    with probe.open("wb") as file:
        for _ in range(_SYNCS):
            began = stopwatch()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            times.append(stopwatch() - began)
    probe.unlink()
    return sorted(times)[_SYNCS // 2]


def _settings(home: Home) -> Iterator[Finding]:
    try:
        settings = load_settings(home.config)
        with_secrets = gathered(settings, sources(settings, home.folder))
        found = with_secrets.found
    except (SettingsError, SecretUnusable) as error:
        yield Finding("settings", "bad", str(error))
        return
    yield Finding("settings", "ok", str(home.config) if home.config.exists() else "defaults and environment")
    for secret, where in found.items():
        if where.is_sealed:
            yield Finding("secret", "ok", f"{secret.value} from {where.source}")
        else:
            said = f"{secret.value} from {where.source}: other programs of this user see it, and live refuses it"
            yield Finding("secret", "warn", f"{said}. Keep it with `tui-trader keys set {secret.value}`")
    if settings.anchor.file is None and not settings.anchor.command:
        yield Finding("anchor", "warn", "no head is kept elsewhere; set TUI_TRADER_ANCHOR__FILE or __COMMAND")
    unmet = "bad" if settings.mode is Mode.LIVE else "open"
    for each in standing(with_secrets.settings, found, home.config):
        level = unmet if each.refuses else "warn"
        yield Finding(f"live.{each.name}", "ok" if each.holds else level, each.said)


def _encryption_and_journal(home: Home) -> Iterator[Finding]:
    try:
        seal = seal_to_read(home)
    except (SealUnusable, SettingsError, HomeError) as error:
        yield Finding("encryption", "bad", str(error))
        return
    if seal is None:
        yield Finding("encryption", "warn", "the files are not encrypted; `tui-trader keys encrypt` encrypts them")
    else:
        what = "journal, paper books, checkpoints, recordings and emergency log"
        yield Finding("encryption", "ok", f"{what} are encrypted ({cipher_version()})")
        if seal_lies_beside(home):
            said = "the journal_key lies in the home itself: a copy of the home can be read. Keep it elsewhere"
            yield Finding("encryption", "warn", said)
    yield _journal(home, seal)


def _journal(home: Home, seal: Seal | None) -> Finding:
    if not home.journal.exists():
        return Finding("journal", "ok", "none yet")
    verdict = verify(home.journal, seal=seal)
    if isinstance(verdict, Broken):
        return Finding("journal", "bad", str(verdict))
    signed = f"signed up to row {verdict.trust.signed}" if verdict.trust.first else "not signed yet"
    return Finding("journal", "ok", f"{verdict.head.seq} rows, whole, {signed}")


def _terminal() -> Iterator[Finding]:
    if not sys.stderr.isatty():
        yield Finding("terminal", "warn", "none here: the console needs one; `tui-trader run` does not")
        return
    size = shutil.get_terminal_size()
    level = "ok" if size.columns >= 80 and size.lines >= 24 else "warn"
    yield Finding("terminal", level, f"{size.columns}x{size.lines}, TERM {os.environ.get('TERM', 'not set')}")
    encoding = (sys.__stderr__.encoding if sys.__stderr__ else "") or ""
    if encoding.lower().replace("-", "") != "utf8":
        yield Finding("encoding", "warn", f"{encoding or 'unknown'}: signs are drawn in ASCII; set LANG=C.UTF-8")
    if "SSH_CONNECTION" in os.environ and not ({"TMUX", "STY"} & os.environ.keys()):
        yield Finding("session", "warn", "over SSH without tmux: a lost line ends the console; use tmux, or `run`")
