"""How long a tool call takes with its durable rows, in real time, through the whole desk to the paper exchange."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figure import Figure, percentile
from tests.unit.engine.runs import run_options
from tui_trader.core.chance import Chance
from tui_trader.core.clock import LoopClock, PacedLoop
from tui_trader.core.records import JsonObject
from tui_trader.core.words import Actor
from tui_trader.desk.parts import TaskKeeper
from tui_trader.engine.knowledge import known_from
from tui_trader.engine.plan import plan_of
from tui_trader.engine.pump import Pump
from tui_trader.engine.wiring import Assembly, assemble, feed_of
from tui_trader.exchange.paper import Latency, PaperExchange
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.writer import JournalWriter, open_journal

SUBJECT = "tool call"
_SYMBOL = "BTCUSDT"

_PROMPT = """---
name: bench
symbols: [BTCUSDT]
interval: 60s
autonomy: auto
risk:
  max_order_notional: 2000
  max_position_notional: 5000
  max_gross_notional: 10000
  max_leverage: 3
  max_risk_per_trade_pct: 1.0
  stop_loss: required
  take_profit: required
  max_stop_distance_pct: 5
  min_reward_to_risk: 1.2
  max_daily_loss_pct: 50
  max_consecutive_losses: 100
  max_drawdown_pct: 90
  max_consecutive_failures: 3
  max_open_orders: 8
  max_orders_per_minute: 600
  max_entries_per_day: 10000
  reentry_cooldown: 1s
  min_hold: 1s
  max_price_deviation_bps: 50
  max_quote_age: 5m
  min_liquidation_distance_pct: 15
llm:
  model: none
  deadline: 5s
  max_usd_per_day: 2.00
---
A policy whose counters do not stop a benchmark.
"""


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Milliseconds of a reading call, of a denied order, and of an entry that rests and is cancelled.

    An order that trades waits for the paper exchange's next quote, a second away: that is the market, not the desk.
    """
    loop = PacedLoop(1.0)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        yield from runner.run(_measured(folder, loop, count))


async def _measured(folder: Path, loop: PacedLoop, count: int) -> list[Figure]:
    async with _standing(folder, loop) as (assembly, journal):
        reading = await _timed(journal, count, lambda: _done(assembly, "get_account", {}))
        denied = await _timed(journal, count, lambda: _denied(assembly))
        orders = await _timed(journal, count, lambda: _placed_and_cancelled(assembly))
    return [
        *_figures("get_account", reading),
        *_figures("open_position, denied", denied),
        *_figures("open_position at a limit, then cancel_all", orders),
    ]


@asynccontextmanager
async def _standing(folder: Path, loop: PacedLoop) -> "AsyncIterator[tuple[Assembly, JournalWriter]]":
    """Everything but agent and schedule, started."""
    options = run_options(folder / "home", speed=1.0, symbols=(_SYMBOL,), prompt="bench")
    options.home.prompts.mkdir()
    (options.home.prompts / "bench.md").write_text(_PROMPT)
    knowledge, tip = known_from(options.home.journal)
    plan, chance = plan_of(options, knowledge), Chance(None)
    clock = LoopClock(loop, plan.epoch)
    async with AsyncExitStack() as stack:
        stack.callback(clock.close)
        journal = await open_journal(
            options.home.journal, clock, chance, threaded=True, redact=str, recalled=tip, folds=(knowledge,)
        )
        stack.push_async_callback(journal.close)
        feed = feed_of(plan, clock, knowledge.ledger)
        exchange = PaperExchange.open(
            options.home.paper, feed.instruments, clock, account="paper-bench", latency=Latency(0.0)
        )
        stack.push_async_callback(exchange.close)
        assembly = assemble(
            plan,
            clock=clock,
            journal=journal,
            exchange=exchange,
            feed=feed,
            knowledge=knowledge,
            emergency=EmergencyLog(options.home.emergency, clock, chance, redact=str),
            tasks=TaskKeeper(_failed),
        )
        pump = Pump(feed, assembly.market, counterparty=exchange.on_market, watch=lambda: None)
        pumping = asyncio.create_task(pump.run(None))
        assert await assembly.desk.start()
        while assembly.market.snapshot(plan.symbols[0]) is None:
            await clock.sleep(0.01)
        await _done(assembly, "set_leverage", {"symbol": _SYMBOL, "leverage": 3}, caller=Actor.SYSTEM)
        yield assembly, journal
        await assembly.desk.stop()
        pumping.cancel()
        with suppress(asyncio.CancelledError):
            await pumping


def _failed(name: str, error: BaseException) -> None:
    raise AssertionError(name) from error


async def _done(assembly: Assembly, tool: str, arguments: JsonObject, *, caller: Actor = Actor.AGENT) -> None:
    answer = await assembly.tools.call(tool, arguments, caller=caller)
    assert answer.is_ok, (tool, answer.result)


async def _denied(assembly: Assembly) -> None:
    """Its reward does not pay its risk."""
    answer = await assembly.tools.call("open_position", _entry(stop_bps=100, take_profit_bps=30), caller=Actor.AGENT)
    assert answer.code, answer.result


async def _placed_and_cancelled(assembly: Assembly) -> None:
    await _done(assembly, "open_position", _entry(stop_bps=100, take_profit_bps=300))
    await _done(assembly, "cancel_all", {"symbol": _SYMBOL, "reason": "benchmark"})


def _entry(*, stop_bps: int, take_profit_bps: int) -> JsonObject:
    return {
        "symbol": _SYMBOL,
        "side": "long",
        "risk_bps": 5,
        "entry": "limit",
        "limit_offset_bps": 50,
        "stop_bps": stop_bps,
        "take_profit_bps": take_profit_bps,
        "reason": "benchmark",
    }


async def _timed(journal: JournalWriter, count: int, call: Callable[[], Awaitable[None]]) -> tuple[list[float], float]:
    """The time of each call, and how many rows one left."""
    rows = journal.head.seq
    times: list[float] = []
    for _ in range(count):
        began = perf_counter()
        await call()
        times.append(perf_counter() - began)
    return times, (journal.head.seq - rows) / count


def _figures(name: str, measured: tuple[list[float], float]) -> Iterator[Figure]:
    times, rows = measured
    note = f"{rows:.3g} durable rows"
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        yield Figure(
            subject=SUBJECT, name=f"{name}, {label}", value=percentile(times, share) * 1e3, unit="ms", note=note
        )
