"""`exchange`: a loopback exchange that speaks Binance's USD-M protocol, for rehearsals and for tests of clients."""

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from typing import Any

import click

from tui_trader.cli.context import DONE, USAGE, Shared, now_text, refuse, shared_of, shared_options
from tui_trader.cli.failures import told
from tui_trader.core.chance import Chance
from tui_trader.core.clock import DAY, Clock, Instant, WallClock
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.books_folder import BooksFolder
from tui_trader.exchange.loopback.control import PATH
from tui_trader.exchange.loopback.market_clock import MarketClock
from tui_trader.exchange.loopback.options import Limits, LoopbackOptions
from tui_trader.exchange.loopback.server import HOST, LoopbackExchange, PortRefused
from tui_trader.exchange.loopback.store import LoopbackBooksError
from tui_trader.exchange.paper import PaperBooksError
from tui_trader.market.choose import FeedKind, parse_feed
from tui_trader.market.ports import Feed, FeedError
from tui_trader.market.recording import read_recording, recording_feed
from tui_trader.market.synthetic import SyntheticFeed

_FOLDER = "exchange"
"""Of its books, in the home folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    port: int
    feed: str
    symbols: tuple[Symbol, ...]
    seed: int | None
    scale: float
    with_faults: bool


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 (the default) takes any free one.")
@click.option(
    "--feed", default="synthetic", show_default=True, help="synthetic, or file:PATH[,PATH…] (klines, captures)."
)
@click.option("--symbols", help="Only these symbols, separated by commas (default: all that the feed has).")
@click.option("--seed", type=click.IntRange(min=0), help="Makes the synthetic market, key and secret repeatable.")
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0, min_open=True, max=1000),
    default=1.0,
    show_default=True,
    help="How many times as fast the market goes; the exchange's own time is the machine's.",
)
@click.option("--faults", is_flag=True, help="Let faults be asked for, under /control with the token that is printed.")
@shared_options
@click.pass_context
def exchange(ctx: click.Context, /, **given: Any) -> None:
    """Serve a rehearsal exchange on this machine: Binance's USD-M REST and WebSocket protocol, on paper money.

    It listens on 127.0.0.1 only. It prints `rest: URL`, `stream: URL`, `key: X`, `secret: Y` (with --json one object of
    these), and serves until SIGTERM or ctrl-c. Its books live in the home folder, under `exchange`, and survive a
    restart, a kill too.
    """
    asked = _Asked(
        port=given["port"],
        feed=given["feed"],
        symbols=tuple(Symbol(name.strip().upper()) for name in (given["symbols"] or "").split(",") if name.strip()),
        seed=given["seed"],
        scale=given["time_scale"],
        with_faults=given["faults"],
    )
    try:
        asyncio.run(_serve(shared_of(ctx), asked))
    except (PaperBooksError, LoopbackBooksError, PortRefused) as error:
        refuse(str(error), USAGE)
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    raise SystemExit(DONE)


async def _serve(shared: Shared, asked: _Asked) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Nobody's terminal is drawn here, so nothing stalls the loop's own way of taking signals.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    shared.home.prepare()
    books = BooksFolder(shared.home.folder / _FOLDER)
    with books.held():
        chance = Chance(asked.seed)
        credentials = books.credentials(chance)
        token = chance.token("loopback:control") if asked.with_faults else ""
        wall = WallClock()
        feed, clock = _market(asked, books, wall)
        # What Binance counts in days comes as much sooner as the market goes faster.
        limits = Limits(connection_seconds=DAY / asked.scale)
        options = LoopbackOptions(port=asked.port, credentials=credentials, control_token=token, limits=limits)
        server = LoopbackExchange(options, feed, folder=books.folder, market_clock=clock, clock=wall, scale=asked.scale)
        async with server:
            where = {
                "rest": server.rest_url,
                "stream": server.stream_url,
                "key": credentials.key,
                "secret": credentials.secret,
            }
            _say(where | ({"control": f"{server.rest_url}{PATH}", "token": token} if token else {}), shared)
            sys.stderr.write(
                f"tui-trader: loopback exchange, on {HOST} only; market {feed.name}. Stop it with ctrl-c.\n"
            )
            await _until_stopped(server, stop)


async def _until_stopped(server: LoopbackExchange, stop: asyncio.Event) -> None:
    ended = asyncio.create_task(server.market_ended.wait())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        why = f" ({server.failed})" if server.failed else ""
        sys.stderr.write(f"tui-trader: the market has ended{why}; the last prices stand. Stop it with ctrl-c.\n")
        await stopped
    ended.cancel()
    if isinstance(server.failed, FeedError | PaperBooksError | LoopbackBooksError):
        raise server.failed


def _market(asked: _Asked, books: BooksFolder, wall: Clock) -> tuple[Feed, Clock]:
    """The feed and the clock that paces it. Raises FeedError."""
    try:
        choice = parse_feed(asked.feed)
    except FeedError as error:
        raise _no_market_of_ours(asked.feed) from error
    instruments = {symbol: found for symbol in known_symbols() if (found := instrument(symbol)) is not None}
    if unknown := [symbol for symbol in asked.symbols if symbol not in instruments]:
        raise FeedError(f"--symbols {','.join(unknown)}: not known here. Known are {', '.join(instruments)}.")
    wanted = asked.symbols or tuple(instruments)
    if choice.kind is FeedKind.FILE:
        recording = read_recording(choice.paths, wanted, instruments)
        clock = MarketClock(wall, recording.start, asked.scale)
        return recording_feed(recording, clock=clock, lean=lambda _: 0), clock
    if choice.kind not in (FeedKind.SYNTHETIC, FeedKind.SYNTHETIC_DEPTH):
        raise _no_market_of_ours(asked.feed)
    # The market began when the books did: after a restart it goes on where it would be by now.
    begins = books.market_start(choice.name, asked.seed, wall.now())
    past = Instant(begins + round((wall.now() - begins) * asked.scale))
    clock = MarketClock(wall, past, asked.scale)
    seed = asked.seed if asked.seed is not None else books.market_seed(Chance(None))
    feed = SyntheticFeed(wanted, instruments=instruments, chance=Chance(seed), clock=clock, start=begins, depth=True)
    return feed, clock


def _no_market_of_ours(feed: str) -> FeedError:
    return FeedError(
        f"--feed {feed}: this exchange makes its own market. Use --feed synthetic, or --feed file:PATH for a recorded "
        "one."
    )


def _say(where: dict[str, str], shared: Shared) -> None:
    """Where and with what it is reached. Its key and secret open nothing else: this is where they are for."""
    lines = [f"{name}: {value}" for name, value in where.items()]
    if shared.as_json:
        lines = [json.dumps({"event": "exchange", "time": now_text(), **where}, separators=(",", ":"))]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
