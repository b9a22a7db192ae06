"""The status of a home in which no engine runs: folds over its journal, opened read-only."""

from dataclasses import replace

from tui_trader.core.clock import from_text
from tui_trader.core.instrument_table import instrument
from tui_trader.core.reconciliation import NEVER_COMPARED
from tui_trader.core.words import Mode, Symbol, TradingState
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.switch import HaltSwitch
from tui_trader.engine.home import Home, HomeError
from tui_trader.engine.knowledge import Knowledge
from tui_trader.engine.live.conditions import key_warning
from tui_trader.engine.views import FeedView, StatusView
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.seal import Seal
from tui_trader.risk.trading_state import StateFold
from tui_trader.tools.ports import PositionView
from tui_trader.tools.readings import breaker_views


def resting_status(home: Home, now: str, seal: Seal | None = None) -> StatusView:
    """What the journal says. Raises HomeError where there is none, JournalUnreadable, JournalCorrupt."""
    if not home.journal.exists():
        raise HomeError(f"{home.folder}: no trader has run here yet. Start one with `tui-trader` or `tui-trader run`.")
    knowledge = Knowledge()
    with JournalReader(home.journal, seal) as reader:
        for row in reader.rows():
            knowledge.apply(row)
        head = reader.head()
    past, ledger, state, meters = knowledge.past, knowledge.ledger, knowledge.state, knowledge.meters
    switch = HaltSwitch(state, home.halt_file)
    time = past.last_time if past.last_time is not None else from_text(now)
    started = past.last_start
    equity = past.last_equity if ledger.positions else ledger.equity({})
    figures = meters.at(time, equity)
    start = figures.day_start_equity
    day_pnl = None if equity is None or start is None else equity - start
    return StatusView(
        time=time,
        running=False,
        mode=past.opened.mode if past.opened else Mode.PAPER,
        account=past.opened.account if past.opened else "",
        trading_state=switch.state,
        reason=_reason(switch, state),
        autonomy=started.autonomy if started else None,
        equity=equity,
        day_pnl=day_pnl,
        drawdown=figures.drawdown,
        model_spend_today=figures.model_spend_today,
        model_budget=None,
        model_economy=None,
        feed=FeedView(name=started.feed, why="", age=None) if started else None,
        decider=started.decider if started else "",
        decider_why="",
        prompt=started.prompt if started else "",
        last_cycle=past.last_cycle,
        next_decision=None,
        deciding=False,
        positions=tuple(_position(ledger, symbol) for symbol in sorted(ledger.positions)),
        orders=ledger.open_orders(),
        approvals=knowledge.approvals.waiting,
        observed=knowledge.observed.totals,
        reconciliation=replace(NEVER_COMPARED, differences=past.last_differences),
        key_warning=key_warning(started.live if started else None),
        breakers=breaker_views(meters.breakers.board, time),
        since_halt=knowledge.since_halt.changes(equity),
        journal_entries=head.seq,
        journal_head=head.hash.hex(),
    )


def _reason(switch: HaltSwitch, state: StateFold) -> str:
    if state.current is TradingState.HALTED or not switch.file_exists():
        return state.status.reason
    return "the file HALT exists"


def _position(ledger: Ledger, symbol: Symbol) -> PositionView:
    position, wanted, known = ledger.position(symbol), ledger.wanted(symbol), instrument(symbol)
    return PositionView(
        symbol=symbol,
        quantity=position.quantity,
        entry_price=position.entry_price,
        mark_price=None,
        unrealised=None,
        liquidation_price=None,
        stop_price=wanted.stop_price if wanted else None,
        take_profit_price=wanted.take_profit_price if wanted else None,
        leverage=1,
        tick=known.tick if known is not None else None,
    )
