"""`audit`: show, verify and export the journal."""

import os
import sys
from pathlib import Path

import click

from tui_trader.cli.context import NO, USAGE, Shared, now_text, refuse, say, shared_of, shared_options
from tui_trader.core.clock import text
from tui_trader.core.records import JsonObject
from tui_trader.engine.audit_line import audit_line
from tui_trader.engine.cycle_story import Told, cycle_story
from tui_trader.journal.codec import encode
from tui_trader.journal.export import export as write_export
from tui_trader.journal.export import verify_export
from tui_trader.journal.ports import JournalCorrupt, JournalUnreadable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Broken, verify


@click.group()
def audit() -> None:
    """The journal: every decision, tool call, order and fill, hash-chained."""


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
    _need_journal(shared)
    try:
        if cycle is not None:
            _show_cycle(shared, cycle)
            return
        with JournalReader(shared.home.journal) as reader:
            first = since or max(1, reader.head().seq - (last or 50) + 1)
            for row in reader.rows(first, kinds=kinds or None):
                say(shared, _row_object(row), _row_in_words(row))
    except (JournalCorrupt, JournalUnreadable) as error:
        refuse(f"{error} `tui-trader audit verify` names the place.", NO)
    except BrokenPipeError:
        _nobody_reads()


def _show_cycle(shared: Shared, cycle: int) -> None:
    with JournalReader(shared.home.journal) as reader:
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
@click.option("--file", "exported", type=click.Path(path_type=Path, dir_okay=False), help="An export instead.")
@shared_options
@click.pass_context
def verify_command(ctx: click.Context, /, exported: Path | None) -> None:
    """Check every row of the chain, and the head; exit 1 and the first bad place if anything was changed."""
    shared = shared_of(ctx)
    if exported is None:
        _need_journal(shared)
    verdict = verify(shared.home.journal) if exported is None else verify_export(exported)
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
    entries, head = verdict.head.seq, verdict.head.hash.hex()
    line = {"event": "verify", "time": text(verdict.time), "ok": True, "entries": entries, "head": head}
    say(shared, line, f"whole: {entries} rows, head {head}")


@audit.command("export")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file (default: stdout).")
@shared_options
@click.pass_context
def export(ctx: click.Context, /, output: Path | None) -> None:
    """Write the journal as JSON lines that `audit verify --file` (or anyone) can check."""
    shared = shared_of(ctx)
    _need_journal(shared)
    try:
        with JournalReader(shared.home.journal) as reader:
            if output is None:
                write_export(reader, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                with output.open("xb") as file:
                    write_export(reader, file)
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


def _need_journal(shared: Shared) -> None:
    home = shared.home
    if not home.journal.exists() and not home.journal.with_suffix(".head").exists():
        refuse(f"{home.journal}: there is no journal. Name the trader's folder with --home.", USAGE)
