"""`status`: how the trader stands, asked of the engine, or read from the journal where none runs."""

from dataclasses import replace
from decimal import Decimal

import click

from tui_trader.cli.context import NO, Shared, now_text, refuse, say, shared_of, shared_options, warn
from tui_trader.cli.failures import told
from tui_trader.core.money import nearest_to, plain
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import AskStatus
from tui_trader.engine.control import NotRunning, ask
from tui_trader.engine.resting import resting_status
from tui_trader.engine.status import status_object
from tui_trader.engine.vault import seal_to_read
from tui_trader.engine.views import StatusView

_ANSWER_WITHIN = 5.0
_CENT = Decimal("0.01")
"""To which money is told to people."""


@click.command()
@shared_options
@click.pass_context
def status(ctx: click.Context, /) -> None:
    """Show how the trader stands: of the running engine, else of what the journal says."""
    shared = shared_of(ctx)
    try:
        found = _status(shared)
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one sentence
        refuse(*told(error))
    say(shared, found, in_words(found))


def _status(shared: Shared) -> JsonObject:
    try:
        reply = ask(shared.home.socket, AskStatus(), timeout=_ANSWER_WITHIN)
        if reply.done:
            return reply.result
    except NotRunning:
        pass
    except TimeoutError:
        return _of_a_silent_engine(shared)
    return status_object(_at_rest(shared))


def _of_a_silent_engine(shared: Shared) -> JsonObject:
    """An engine is there and says nothing: it still starts (a long journal takes a while), or it hangs."""
    silence = (
        f"the engine in {shared.home.folder} has not answered within {_ANSWER_WITHIN:g} s: it is starting, or hangs"
    )
    if not shared.home.journal.exists():
        refuse(f"{silence}. Nothing is written down yet; ask again in a moment.", NO)
    warn(f"{silence}. This is what its journal says.")
    return status_object(replace(_at_rest(shared), running=True))


def _at_rest(shared: Shared) -> StatusView:
    """What the journal says. Raises what cannot be read."""
    return resting_status(shared.home, now_text(), seal_to_read(shared.home))


def in_words(found: JsonObject) -> str:
    """The status in a few lines."""
    reason = f" ({found['reason']})" if found["reason"] else ""
    running = "running" if found["running"] else "not running"
    money = f"equity {_shown(found['equity'], _CENT)}  day {_shown(found['day_pnl'], _CENT)}"
    feed = found["feed"]
    lines = [
        f"{str(found['mode']).upper()}  {found['trading_state']}{reason}  {running}",
        f"{money}  decider {found['decider']}  cycle {found['last_cycle']}",
        _feed(feed) if isinstance(feed, dict) else "no feed",
    ]
    if found["prompt_problem"]:
        lines.append(f"prompt {found['prompt']}: {found['prompt_problem']}")
    lines += _since_halt(found.get("since_halt")) + _outside(found)
    economy = found["model_economy"]
    if isinstance(economy, dict):
        lines.append(f"model {economy['step']} until {economy['until']} ({economy['reason']})")
    lines += _reconciled(found.get("reconciliation"))
    lines += [_breaker(breaker) for breaker in _objects(found.get("breakers"))]
    lines += [_position(position) for position in _objects(found["positions"])]
    lines += [_order(order) for order in _objects(found["orders"])]
    lines += [_approval(question) for question in _objects(found["approvals"])]
    lines += _observed(found["observed"])
    lines.append(f"journal {found['journal_entries']} rows, head {str(found['journal_head'])[:16]}")
    return "\n".join(lines)


def _since_halt(changes: object) -> list[str]:
    """What is otherwise than it was at the halt."""
    told = changes.get("told") if isinstance(changes, dict) else None
    return [str(line) for line in told] if isinstance(told, list | tuple) else []


def _outside(found: JsonObject) -> list[str]:
    """What was asked for outside of this program and does not come about."""
    anchor, alerts = found.get("anchor"), found.get("alerts")
    lines = [f"NOT ANCHORED: {anchor['problem']}"] if isinstance(anchor, dict) and anchor["problem"] else []
    return [*lines, f"ALERTS FAIL: {alerts['problem']}"] if isinstance(alerts, dict) and alerts["problem"] else lines


def _feed(feed: JsonObject) -> str:
    age = f"  age {feed['age_ms']} ms" if feed["age_ms"] is not None else ""
    return f"feed {feed['name']}{age}"


def _breaker(opened: JsonObject) -> str:
    ends = "until you resume" if opened["needs_a_person"] else f"tried again from {opened['probe_at']}"
    state = "half open: one entry may try it" if opened["state"] == "half_open" else f"open, {ends}"
    return f"BREAKER {opened['scope']} {opened['cause']}  {state}  ({opened['reason']})"


def _reconciled(reconciliation: object) -> list[str]:
    if not isinstance(reconciliation, dict):
        return []
    age = reconciliation["age_ms"]
    when = "never compared" if age is None else f"compared {round(age / 1_000)} s ago"
    each = [
        f"  {each['symbol'] or 'account'}: {str(each['kind']).replace('_', ' ')}, exchange {each['theirs']}, "
        f"ours {each['ours']}: {each['done']}"
        for each in _objects(reconciliation["differences"])
    ]
    return [f"reconciliation {reconciliation['state']}, {when}, {reconciliation['matched']} matched", *each]


def _position(held: JsonObject) -> str:
    """Prices to the tick: `--json` has them as they are."""
    tick = None if held["tick"] is None else Decimal(str(held["tick"]))
    entry, mark = _shown(held["entry_price"], tick), _shown(held["mark_price"], tick)
    stop, liquidation = (_shown(held[name], tick, "none") for name in ("stop_price", "liquidation_price"))
    gain = _shown(held["unrealised"], _CENT)
    held_at = f"{held['symbol']}  {held['quantity']} at {entry}  mark {mark}  P&L {gain}"
    return f"{held_at}  stop {stop}  liquidation {liquidation}"


def _shown(figure: object, step: Decimal | None, missing: str = "unknown") -> str:
    """A figure for people, to the step nearest to it."""
    if figure is None:
        return missing
    value = Decimal(str(figure))
    return plain(value) if step is None else format(nearest_to(value, step), "f")


def _order(order: JsonObject) -> str:
    price = order["price"] or order["stop_price"]
    wish = f"{order['side']} {order['quantity']} {order['symbol']} {order['type']} {price}"
    return f"{order['client_order_id']}  {order['status']}  {wish}"


def _approval(asked: JsonObject) -> str:
    wish = f"{asked['side']} {asked['quantity']} {asked['symbol']} at {asked['price']} at the worst"
    most = _shown(asked["max_loss"], _CENT)
    stake = f"worth {_shown(asked['notional'], _CENT)}, stop {asked['stop_price']}, at most {most} to lose"
    return f"{asked['id']}  WAITS for approve or reject until {asked['expires']}  {wish}, {stake}: {asked['reason']}"


def _observed(totals: object) -> list[str]:
    if not isinstance(totals, dict) or not (totals["open"] or totals["closed"]):
        return []
    return [f"observed {totals['closed']} entries, {totals['net_bps']} bps after fees, {totals['open']} still open"]


def _objects(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list | tuple) else []
