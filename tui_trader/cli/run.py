"""`run`: the engine without a screen."""

import signal
from functools import partial

import click

from tui_trader.cli.context import INTERRUPTED, Shared, refuse, shared_of, shared_options, warn
from tui_trader.cli.failures import told
from tui_trader.cli.last_resort import end_hung
from tui_trader.cli.output import LineWriter
from tui_trader.cli.run_options import AskedRun, options_of, run_options
from tui_trader.engine.credentials import load_with_secrets
from tui_trader.engine.options import RunOptions
from tui_trader.engine.session import Session

_LINES_OUT_WITHIN = 5.0
"""Seconds that a reader of stdout has for the last lines once the run is over."""


@click.command()
@run_options
@click.option("--cycles", type=click.IntRange(min=1), help="Stop after so many decisions.")
@shared_options
@click.pass_context
def run(ctx: click.Context, /, cycles: int | None, **given: str | int | None) -> None:
    """Run the engine without a screen, until it is stopped or the data end.

    SIGTERM and ctrl-c end it cleanly: entries are cancelled, what began is carried to protected or closed, stops stay.
    A lost terminal does not stop it.
    """
    asked = AskedRun(**given).over(ctx.meta[AskedRun.KEY])  # type: ignore[arg-type]
    shared = shared_of(ctx)
    try:
        code = _run(shared, _prepared(shared, asked, cycles))
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    raise SystemExit(code)


def _prepared(shared: Shared, asked: AskedRun, cycles: int | None) -> RunOptions:
    home = shared.home
    home.prepare()
    gathered = load_with_secrets(home.config)
    return options_of(asked, home, gathered, cycles=cycles, with_console=False, person=shared.who)


def _run(shared: Shared, options: RunOptions) -> int:
    writer = LineWriter(as_json=shared.as_json)
    session = Session(options, sink=writer, hung=partial(end_hung, socket=options.home.socket))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Before the engine starts: an interrupt in between would leave its thread running, with nobody to stop it.
    session.take_signals(signal.SIGTERM, signal.SIGINT)
    with session:
        session.engine.wait()
    ended, failure = session.engine.ended, session.engine.failure
    if ended is not None:
        writer(ended.summary)
    writer.close(_LINES_OUT_WITHIN)
    if ended is not None and ended.unanchored:
        warn(f"the journal's last head is not kept elsewhere: {ended.unanchored}")
    if failure is not None:
        raise failure
    return INTERRUPTED if session.signal is not None else 0
