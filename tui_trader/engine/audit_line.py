"""A journal row in one line for people: what happened, with the figures that matter."""

from tui_trader.core.money import plain
from tui_trader.core.order import Fill, Intent
from tui_trader.core.records import (
    AccountReconciled,
    ApprovalChanged,
    BreakerChanged,
    CycleDecided,
    EconomyChanged,
    EmergencyImported,
    EngineStarted,
    EngineStopped,
    EntryObserved,
    EntryProposed,
    EquityMarked,
    FiguresSeen,
    FundingBooked,
    HomeOpened,
    LogSigned,
    ModelAnswered,
    ModelAsked,
    ObservedChanged,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    PositionClosed,
    PromptChanged,
    ProtectionFailed,
    Record,
    RiskJudged,
    SigningKeyIntroduced,
    ToolCalled,
    ToolReturned,
    TradingStateChanged,
    TransferBooked,
)
from tui_trader.engine.views import AuditLine
from tui_trader.journal.emergency import kept_record
from tui_trader.journal.ports import Row


def audit_line(row: Row) -> AuditLine:
    """The row, told in a line."""
    return AuditLine(seq=row.seq, time=row.time, kind=row.record.KIND, actor=row.actor.value, text=_told(row.record))


def _told(record: Record) -> str:
    match record:
        case EmergencyImported() as line:
            kept = kept_record(line)
            return f"kept aside: {kept.KIND} {_told(kept)}" if kept is not None else "kept aside, not readable"
        case ToolCalled(tool=tool, arguments=arguments):
            return f"{tool} " + " ".join(f"{k}={v}" for k, v in arguments.items() if k != "reason" and v is not None)
        case ToolReturned(tool=tool, status=status, result=result):
            return f"{tool} {status.value} {result.get('detail') or result.get('status') or ''}".rstrip()
        case CycleDecided(cycle=cycle, verdict=verdict, reason=reason):
            return f"#{cycle} {verdict.value}: {reason}"
        case RiskJudged(verdict=verdict, code=code, detail=detail):
            return f"{verdict} {code} {detail}".rstrip()
        case FiguresSeen(cycle=cycle, decider=decider, digest=digest):
            return f"#{cycle} {decider} saw {len(digest)} characters of figures"
        case ModelAsked(model=model):
            return model
        case ModelAnswered(model=model, fault=fault, input_tokens=put_in, output_tokens=put_out):
            return f"{model} {fault or 'answered'} {put_in}+{put_out} tokens"
        case EconomyChanged(economy=economy, reason=reason):
            return f"{economy.value}: {reason}" if reason else economy.value
        case _:
            return _told_of_orders(record)


def _told_of_orders(record: Record) -> str:
    match record:
        case OrderIntended(intent=intent):
            return _intent(intent)
        case OrderChanged(client_order_id=order_id, status=status, reason=reason):
            return f"{status.value} {order_id} {reason}".rstrip()
        case OrderFilled(fill=fill, foreign=foreign):
            figures = f"{fill.side.value} {plain(fill.quantity)} {fill.symbol} at {plain(fill.price)}"
            not_ours = f" ({plain(foreign)} of it not ours)" if foreign else ""
            return f"{figures} fee {_fee(fill)} realised {plain(fill.realised)}{not_ours}"
        case FundingBooked(symbol=symbol, amount=amount):
            return f"{symbol} {plain(amount)}"
        case TransferBooked(amount=amount):
            return plain(amount)
        case PositionClosed(symbol=symbol, side=side, net=net, net_bps=bps, closed_by=closed_by):
            return f"{symbol} {side.value} closed by {closed_by}: net {plain(net)} ({plain(bps)} bps)"
        case PositionAdopted(reason=reason) | ProtectionFailed(reason=reason):
            return reason
        case _:
            return _told_of_asking(record)


def _told_of_asking(record: Record) -> str:
    match record:
        case EntryProposed(id=name, intent=intent, card=card, reason=reason):
            return f"{name} {_intent(intent)}, at most {card.max_loss:,.2f} to lose: {reason}"
        case ApprovalChanged(id=name, status=status, code=code, reason=reason, person=person):
            return " ".join(filter(None, (name, f"{status.value}{_by(person)}", code, reason)))
        case EntryObserved(id=name, intent=intent):
            return f"{name} {_intent(intent)}"
        case ObservedChanged(id=name, status=status, price=price, net_bps=net):
            return f"{name} {status.value} at {plain(price)}" + (f" net {plain(net)} bps" if net is not None else "")
        case _:
            return _told_of_state(record)


def _told_of_state(record: Record) -> str:
    match record:
        case TradingStateChanged(state=state, reason=reason, person=person):
            return f"{state.value}{_by(person)}: {reason}"
        case BreakerChanged():
            return _breaker(record)
        case AccountReconciled(equity=equity, differences=differences):
            return "; ".join(differences) or f"agrees, equity {equity:,.2f}"
        case EquityMarked(equity=equity):
            return f"{equity:,.2f}"
        case EngineStarted(feed=feed, decider=decider):
            return f"feed {feed}, decider {decider}"
        case EngineStopped(reason=reason):
            return reason
        case SigningKeyIntroduced(public_key=public_key):
            return f"signed from here on by {public_key[:16]}"
        case LogSigned():
            return "all rows before this one are signed"
        case HomeOpened(mode=mode, account=account):
            return f"{mode.value} {account}"
        case _:
            return _told_of_the_prompt(record)


def _told_of_the_prompt(record: Record) -> str:
    if not isinstance(record, PromptChanged):
        return ""
    waits = f"; waits for your word: {', '.join(record.waiting)}" if record.waiting else ""
    return f"{record.name}: {', '.join(record.changed) or 'the instructions'} changed{_by(record.person)}{waits}"


def _fee(fill: Fill) -> str:
    """Its worth, and what was really taken where that was something else."""
    taken = fill.foreign_fee
    if taken is None:
        return plain(fill.fee)
    return f"{'at most ' if taken.is_estimate else ''}{plain(fill.fee)} ({plain(taken.amount)} {taken.asset})"


def _by(person: str) -> str:
    return f" by {person}" if person else ""


def _breaker(change: BreakerChanged) -> str:
    stands = "open" if change.open else f"counts {change.failures}" if change.failures else "closed"
    return f"{change.scope.value} {change.cause.value} {stands}: {change.reason}"


def _intent(intent: Intent) -> str:
    price = intent.price if intent.price is not None else intent.stop_price
    at = f" at {plain(price)}" if price is not None else ""
    return (
        f"{intent.purpose.value} {intent.side.value} {plain(intent.quantity)} {intent.symbol} {intent.type.value}{at}"
    )
