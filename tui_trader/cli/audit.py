"""`audit`: show, verify and export the journal."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_trader.cli.context import DONE, NO, USAGE, Shared, now_text, refuse, say, shared_of, shared_options
from tui_trader.core.clock import text
from tui_trader.core.records import JsonObject
from tui_trader.engine.audit_line import audit_line
from tui_trader.engine.cycle_story import Told, cycle_story
from tui_trader.engine.home import HomeError
from tui_trader.engine.settings import SettingsError
from tui_trader.engine.vault import seal_to_read
from tui_trader.journal.anchor import Anchors, AnchorsUnusable, read_anchors
from tui_trader.journal.codec import KINDS, encode
from tui_trader.journal.export import export as write_export
from tui_trader.journal.export import verify_export
from tui_trader.journal.keys import KeyUnusable, public_key
from tui_trader.journal.ports import JournalCorrupt, JournalUnreadable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.seal import Seal, SealUnusable
from tui_trader.journal.signing import SIGNATURES
from tui_trader.journal.verify import Broken, Verified, verify

if TYPE_CHECKING:
    from tui_trader.engine.exchange_audit import ExchangeAudited

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def audit() -> None:
    """The journal: every decision, tool call, order and fill, hash-chained and signed."""


@audit.command("show")
@click.option("--since", type=click.IntRange(min=1), help="First row's number.")
@click.option("--last", type=click.IntRange(min=1), help="Only so many of the newest rows (default: 50).")
@click.option("--kind", "kinds", multiple=True, help="Only rows of this kind; may be repeated.")
@click.option(
    "--cycle",
    type=click.IntRange(min=1),
    help="All of one decision instead: what was seen, asked, answered, checked and done, and what came of it.",
)
@shared_options
@click.pass_context
def show(ctx: click.Context, /, since: int | None, last: int | None, kinds: tuple[str, ...], cycle: int | None) -> None:
    """Show rows, oldest first; or the whole of one decision."""
    shared = shared_of(ctx)
    seal = _need_journal(shared)
    try:
        if cycle is not None:
            _show_cycle(shared, seal, cycle)
            return
        with JournalReader(shared.home.journal, seal) as reader:
            first = since or max(1, reader.head().seq - (last or 50) + 1)
            for row in reader.rows(first, kinds=kinds or None):
                say(shared, _row_object(row), _row_in_words(row))
    except (JournalCorrupt, JournalUnreadable) as error:
        refuse(f"{error} `tui-trader audit verify` names the place.", NO)
    except BrokenPipeError:
        _nobody_reads()


def _show_cycle(shared: Shared, seal: Seal | None, cycle: int) -> None:
    with JournalReader(shared.home.journal, seal) as reader:
        story = cycle_story(reader.rows(), cycle)
    if not story:
        refuse(f"cycle {cycle}: the journal has no row of it. `audit show --kind decision` lists the cycles.", NO)
    part = None
    for told in story:
        if told.part is not part:
            part = told.part
            if not shared.as_json:
                click.echo(f"--- {part.value}")
        say(shared, {**_row_object(told.row), "part": told.part.value}, _story_in_words(told))


def _story_in_words(told: Told) -> str:
    """A row of the story."""
    lines = told.text.splitlines()
    return f"{told.row.seq:>7}  {told.row.record.KIND:<14} " + f"\n{'':<24}".join(lines)


def _row_object(row: Row) -> JsonObject:
    return {
        "event": "row",
        "time": text(row.time),
        "seq": row.seq,
        "kind": row.record.KIND,
        "actor": row.actor.value,
        "correlation": row.correlation,
        "hash": row.hash.hex(),
        "body": dict(encode(row.record)),
    }


def _row_in_words(row: Row) -> str:
    line = audit_line(row)
    return f"{line.seq:>7}  {text(line.time)[:19].replace('T', ' ')}  {line.actor:<8} {line.kind:<16} {line.text}"


@audit.command("verify")
@click.option("--file", "exported", type=_FILE, help="An export instead.")
@click.option("--public-key", "key_file", type=_FILE, help="The log's first key (journal.pub), as you once got it.")
@click.option("--anchor", "anchor_file", type=_FILE, help="Heads kept elsewhere: anchor, status or summary lines.")
@click.option(
    "--exchange", "with_exchange", is_flag=True, help="Also: each order there is a row here, and the other way round."
)
@shared_options
@click.pass_context
def verify_command(
    ctx: click.Context,
    /,
    exported: Path | None,
    key_file: Path | None,
    anchor_file: Path | None,
    *,
    with_exchange: bool,
) -> None:
    """Check every row of the chain, its signatures and the head; exit 1 and the first bad place if one was changed.

    Nothing on this machine shows that log and head were replaced by an older copy of both: that takes --anchor, or
    --exchange, which reads the account's orders: the id of each commits to the row that announced it.
    """
    shared = shared_of(ctx)
    if with_exchange and exported is not None:
        raise click.UsageError("--exchange compares the home's own journal; leave --file out")
    seal = _need_journal(shared) if exported is None else None
    try:
        key = None if key_file is None else public_key(key_file)
        anchors = None if anchor_file is None else read_anchors(anchor_file)
    except (KeyUnusable, AnchorsUnusable) as error:
        refuse(str(error), USAGE)
    if exported is None:
        verdict = verify(shared.home.journal, public_key=key, anchors=anchors, seal=seal)
    else:
        verdict = verify_export(exported, public_key=key, anchors=anchors)
    if isinstance(verdict, Broken):
        line: JsonObject = {
            "event": "verify",
            "time": now_text(),
            "ok": False,
            "seq": verdict.seq,
            "reason": verdict.reason,
        }
        say(shared, line, f"BROKEN: {verdict}")
        raise SystemExit(NO)
    audited = _audited(shared, seal) if with_exchange else None
    line = _whole_object(verdict, anchors)
    if audited is None:
        say(shared, line, _whole_in_words(verdict, anchors))
        return
    contradictions = audited.compared.contradictions
    line = {**line, "ok": not contradictions, "exchange": _exchange_object(audited)}
    say(shared, line, f"{_whole_in_words(verdict, anchors)}\n{_exchange_in_words(audited)}")
    raise SystemExit(NO if contradictions else DONE)


def _audited(shared: Shared, seal: Seal | None) -> "ExchangeAudited":
    # Here and not above: only this looks at an account, and the rest should start without it.
    from tui_trader.engine.credentials import load_with_secrets  # noqa: PLC0415
    from tui_trader.engine.exchange_audit import Unaudited, audit_against_exchange  # noqa: PLC0415

    try:
        settings = load_with_secrets(shared.home.config).settings
        return asyncio.run(audit_against_exchange(shared.home, settings, seal))
    except Unaudited as error:
        refuse(f"the log itself is whole; the exchange was not compared: {error}", NO)
    except (SettingsError, HomeError) as error:
        refuse(str(error), USAGE)


def _exchange_object(audited: "ExchangeAudited") -> JsonObject:
    found = audited.compared
    return {
        "account": audited.account,
        "since": text(audited.since),
        "orders": found.listed,
        "matched": found.matched,
        "beyond": found.beyond,
        "unsettled": found.unsettled,
        "contradictions": [
            {"client_order_id": each.client_order_id, "seq": each.seq or None, "reason": each.reason}
            for each in found.contradictions
        ],
    }


def _exchange_in_words(audited: "ExchangeAudited") -> str:
    found = audited.compared
    lines = [f"account {audited.account}: {found.listed} orders under our name, {found.matched} announced by a row"]
    if found.beyond:
        lines.append(f"{found.beyond} orders of the log are older than what the exchange lists")
    if found.unsettled:
        lines.append(f"{found.unsettled} orders of the log: not known whether they arrived, and not listed there")
    lines += [f"CONTRADICTION: {each}" for each in found.contradictions]
    return "\n".join(lines)


def _whole_object(whole: Verified, anchors: Anchors | None) -> JsonObject:
    return {
        "event": "verify",
        "time": text(whole.time),
        "ok": True,
        "entries": whole.head.seq,
        "head": whole.head.hash.hex(),
        "signed": whole.trust.signed,
        "public_key": whole.trust.first.hex() or None,
        "anchored": None if anchors is None else anchors.last,
        "withheld": whole.withheld,
    }


def _whole_in_words(whole: Verified, anchors: Anchors | None) -> str:
    lines = [f"whole: {whole.head.seq} rows, head {whole.head.hash.hex()}"]
    if whole.trust.first:
        lines.append(f"signed up to row {whole.trust.signed}; first key {whole.trust.first.hex()}")
    else:
        lines.append("not signed")
    if anchors is not None:
        lines.append(f"agrees with {len(anchors.heads)} anchors, the last at row {anchors.last}")
    if whole.withheld:
        lines.append(f"the bodies of {whole.withheld} rows are withheld")
    return "\n".join(lines)


@audit.command("export")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file (default: stdout).")
@click.option("--redact", "redacted", help="Kinds of rows, separated by commas, whose bodies are left out.")
@shared_options
@click.pass_context
def export(ctx: click.Context, /, output: Path | None, redacted: str | None) -> None:
    """Write the journal as JSON lines that `audit verify --file` (or anyone) can check, also with --redact."""
    shared = shared_of(ctx)
    seal = _need_journal(shared)
    withheld = frozenset(kind.strip() for kind in (redacted or "").split(",") if kind.strip())
    if unknown := withheld - (KINDS.keys() - SIGNATURES):
        known = ", ".join(sorted(KINDS.keys() - SIGNATURES))
        refuse(f"--redact {min(unknown)[:40]}: no such kind, or a signature. The kinds are {known}.", USAGE)
    try:
        with JournalReader(shared.home.journal, seal) as reader:
            if output is None:
                write_export(reader, sys.stdout.buffer, withheld=withheld)
                sys.stdout.buffer.flush()
            else:
                with output.open("xb") as file:
                    write_export(reader, file, withheld=withheld)
    except (JournalCorrupt, JournalUnreadable, ValueError) as error:
        refuse(f"{error} `tui-trader audit verify` names the place.", NO)
    except FileExistsError:
        refuse(f"{output}: exists already. Name another file.", USAGE)
    except BrokenPipeError:
        _nobody_reads()
    except OSError as error:
        refuse(f"{output or 'stdout'}: cannot be written ({error.strerror}).", NO)


def _nobody_reads() -> None:
    """The reader of our output left early, which is no error; python would complain while flushing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _need_journal(shared: Shared) -> Seal | None:
    """Its key, if it is encrypted."""
    home = shared.home
    if not home.journal.exists() and not home.journal.with_suffix(".head").exists():
        refuse(f"{home.journal}: there is no journal. Name the trader's folder with --home.", USAGE)
    try:
        return seal_to_read(home)
    except (SealUnusable, SettingsError, HomeError) as error:
        refuse(str(error), USAGE)
