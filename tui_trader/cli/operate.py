"""The operator's hand from any shell: halt, resume, flatten, order, cancel, reduce, stop, approve, reject."""

from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import click

from tui_trader.cli.context import DONE, NO, USAGE, Shared, now_text, refuse, say, shared_of, shared_options
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import (
    LONGEST_ID,
    Adopt,
    Approve,
    Cancel,
    CheckOrder,
    Command,
    FlattenAll,
    Halt,
    MoveStop,
    PlaceOrder,
    Reduce,
    Reject,
    Reply,
    Resume,
)
from tui_trader.engine.control import NotRunning, ask
from tui_trader.engine.order_size import OrderSize, size_of


class _Figure(click.ParamType[Decimal]):
    """A positive decimal number."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """From text; anything but a positive finite number is refused."""
        try:
            figure = Decimal(str(value))
        except InvalidOperation:
            figure = Decimal("NaN")
        if not figure.is_finite() or figure <= 0:
            self.fail(f"{value!r} is not a positive number", param, ctx)
        return figure


FIGURE = _Figure()
_SILENT_AFTER = 1.0
"""Real seconds after which an engine that says nothing counts as hung: the halt is then carried out without it."""
_NOBODY_DID_IT = frozenset({"NOT_RUNNING", "NO_ANSWER"})


class _Size(click.ParamType[OrderSize]):
    """How much."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> OrderSize:
        """From text; what is no size is refused with what would be."""
        try:
            return size_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIZE = _Size()


@click.command()
@click.option("--reason", default="halted from the command line", help="Why; it is journalled.")
@click.option("--flatten", "flattens", is_flag=True, help="Close all positions, too.")
@shared_options
@click.pass_context
def halt(ctx: click.Context, /, reason: str, *, flattens: bool) -> None:
    """Halt: no new risk from now on. Stops stay on the exchange; exits keep working.

    The file HALT is written first. Where no engine runs, or the one that runs does not answer, this command cancels
    the entries at the exchange itself, and with --flatten closes everything.
    """
    shared = shared_of(ctx)
    _write_halt_file(shared)
    command = Halt(reason=reason, flatten=flattens, person=shared.who)
    try:
        reply = ask(shared.home.socket, command, silent_after=_SILENT_AFTER)
    except NotRunning:
        _halt_without_engine(shared, command, "no engine runs here")
    except TimeoutError:
        _halt_without_engine(shared, command, "the engine does not answer")
    if reply.code in _NOBODY_DID_IT:
        _halt_without_engine(shared, command, reply.text)
    _leave(shared, "halt", reply, "halted" + (" and flat" if flattens else ""))


def _write_halt_file(shared: Shared) -> None:
    try:
        shared.home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shared.home.halt_file.touch(mode=0o600)
    except OSError as error:
        refuse(f"{shared.home.halt_file}: cannot be written ({error.strerror}). Stop the engine's process instead.", NO)


def _halt_without_engine(shared: Shared, command: Halt, why: str) -> NoReturn:
    # Here and not above: who halts a running engine need not wait for an exchange's client to be loaded.
    from tui_trader.engine.bare_halt import Unreached, halt_at_exchange  # noqa: PLC0415

    halted = f"halted by the file {shared.home.halt_file}; {why}"
    try:
        done = halt_at_exchange(shared.home, command)
    except Unreached as error:
        text = f"{halted}, and nothing was cancelled at the exchange: {error}"
        _leave(shared, "halt", Reply(done=False, code="UNREACHED", text=text), "")
    result: JsonObject = {"cancelled": done.cancelled, "closed": done.closed, "left": done.left}
    acts = [f"{len(done.cancelled)} orders cancelled"] if done.cancelled else []
    acts += [f"{name} closed" for name in done.closed]
    told = ", ".join([halted, *acts])
    if done.left:
        text = f"{told}; still there: {', '.join(done.left)}"
        _leave(shared, "halt", Reply(done=False, code="NOT_DONE", text=text, result=result), "")
    _leave(shared, "halt", Reply(done=True, text=told, result=result), told)


@click.command()
@click.option("--reason", required=True, help="Why it is safe to go on; it is journalled.")
@shared_options
@click.pass_context
def resume(ctx: click.Context, /, reason: str) -> None:
    """Resume trading after a halt or while reducing. Only a person can."""
    carry_out(shared_of(ctx), Resume(reason=reason), "trading resumes")


@click.command()
@shared_options
@click.pass_context
def flatten(ctx: click.Context, /) -> None:
    """Cancel all orders, close all positions reduce-only, verify that nothing is left."""
    carry_out(shared_of(ctx), FlattenAll(), "flat: nothing is held, nothing is open")


@click.command()
@click.argument("symbol")
@click.argument("side", type=click.Choice(["buy", "sell"]))
@click.argument("quantity", type=SIZE)
@click.option("--limit", type=FIGURE, help="Limit price; without it the order goes to the market.")
@click.option("--stop", type=FIGURE, help="Stop price; every entry needs one.")
@click.option("--take-profit", type=FIGURE, help="Take-profit price.")
@click.option("--reduce-only", is_flag=True, help="Only reduce what is held.")
@click.option("--check", "checks", is_flag=True, help="Only ask what the gate would say; nothing is sent.")
@shared_options
@click.pass_context
def order(ctx: click.Context, /, side: str, quantity: OrderSize, *, checks: bool, **wish: Any) -> None:
    """Place an order. The gate judges it like the agent's: it may be made smaller, or denied.

    QUANTITY is a size: 0.05 (of the coin), 500USDT (worth), or 0.5% (of equity, lost if the stop is hit).
    """
    fields = {**wish, **asdict(quantity), "symbol": wish["symbol"].upper(), "side": side.upper()}
    if wish["reduce_only"] and quantity.quantity is None:
        raise click.UsageError("--reduce-only takes a quantity, such as 0.05")
    if checks:
        carry_out(shared_of(ctx), CheckOrder(**fields), "the gate would let it through")
    carry_out(shared_of(ctx), PlaceOrder(**fields), "order placed")


@click.command()
@click.argument("client_order_id", required=False)
@click.option("--all", "everything", is_flag=True, help="All working entries and exits; stops stay.")
@shared_options
@click.pass_context
def cancel(ctx: click.Context, /, client_order_id: str | None, *, everything: bool) -> None:
    """Cancel one working order by its id, or all with --all. What protects a position stays."""
    if everything == (client_order_id is not None):
        raise click.UsageError("give either the id of an order, or --all")
    carry_out(shared_of(ctx), Cancel(client_order_id=client_order_id), "cancelled")


@click.command()
@click.argument("symbol")
@click.argument("percent", type=click.IntRange(1, 100))
@shared_options
@click.pass_context
def reduce(ctx: click.Context, /, symbol: str, percent: int) -> None:
    """Reduce a position by PERCENT at the market, reduce-only."""
    carry_out(shared_of(ctx), Reduce(symbol=symbol.upper(), percent=percent), "reduced")


@click.command()
@click.argument("symbol")
@click.argument("price", type=FIGURE)
@shared_options
@click.pass_context
def stop(ctx: click.Context, /, symbol: str, price: Decimal) -> None:
    """Move the stop of a position: the new one stands before the old one goes."""
    carry_out(shared_of(ctx), MoveStop(symbol=symbol.upper(), price=price), "stop moved")


@click.command()
@click.argument("symbol")
@click.option("--stop", type=FIGURE, help="Where its stop is to stand; without it, where the policy would have it.")
@click.option("--cancel-orders", is_flag=True, help="Cancel the others' orders of the symbol, too.")
@shared_options
@click.pass_context
def adopt(ctx: click.Context, /, symbol: str, stop: Decimal | None, *, cancel_orders: bool) -> None:
    """Take over what somebody else holds of SYMBOL: its stop is placed first, then it is the trader's.

    Until then it counts in every limit, no entry is let through beside it, and only `flatten` closes it.
    """
    command = Adopt(symbol=symbol.upper(), stop=stop, cancel_orders=cancel_orders)
    carry_out(shared_of(ctx), command, "adopted")


class _ApprovalId(click.ParamType[str]):
    """What `status` names a proposed entry by."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """From text; what is empty or far too long is no id."""
        text = str(value).strip()
        if not 0 < len(text) <= LONGEST_ID:
            self.fail("this is no id of a proposed entry; `tui-trader status` lists them", param, ctx)
        return text


APPROVAL_ID = _ApprovalId()


@click.command()
@click.argument("approval", metavar="ID", type=APPROVAL_ID)
@shared_options
@click.pass_context
def approve(ctx: click.Context, /, approval: str) -> None:
    """Say yes to a proposed entry; `status` lists those that wait.

    The gate judges it again first, with the market and the account of that moment: it may still be denied.
    """
    carry_out(shared_of(ctx), Approve(approval=approval), "approved")


@click.command()
@click.argument("approval", metavar="ID", type=APPROVAL_ID)
@click.option("--reason", default="", help="Why not; the agent is told, and it is journalled.")
@shared_options
@click.pass_context
def reject(ctx: click.Context, /, approval: str, reason: str) -> None:
    """Say no to a proposed entry."""
    carry_out(shared_of(ctx), Reject(approval=approval, reason=reason), "rejected")


def carry_out(shared: Shared, command: Command, success: str) -> NoReturn:
    """Have the running engine do it, say what came of it, and leave with the exit code."""
    try:
        reply = ask(shared.home.socket, command.model_copy(update={"person": shared.who}))
    except NotRunning:
        refuse(f"no engine runs in {shared.home.folder}. Start one with `tui-trader` or `tui-trader run`.", NO)
    except TimeoutError:
        refuse("the engine did not answer in time; `tui-trader status` shows what became of it.", NO)
    _leave(shared, command.command, reply, success)


def _leave(shared: Shared, command: str, reply: Reply, success: str) -> NoReturn:
    line: JsonObject = {
        "event": "reply",
        "time": reply.time or now_text(),
        "command": command,
        "done": reply.done,
        "code": reply.code,
        "text": reply.text,
        "result": dict(reply.result),
    }
    human = success if reply.done else f"not done: {reply.code} {reply.text}".rstrip()
    say(shared, line, f"{human}{_order_in_words(reply)}{_changes_in_words(reply)}")
    raise SystemExit(DONE if reply.done else USAGE if reply.code == "INVALID_COMMAND" else NO)


def _order_in_words(reply: Reply) -> str:
    result = reply.result
    if "max_loss" in result:
        return (
            f": {result['quantity']} worth {result['notional']}, at most {result['max_loss']} to lose, "
            f"fees of {result['fees']} in it"
        )
    if "client_order_id" not in result or "status" not in result:
        return ""
    at = f" at {result['average_price']}" if result.get("average_price") else ""
    return f": {result['status']} {result['filled']} of {result['quantity']}{at} ({result['client_order_id']})"


def _changes_in_words(reply: Reply) -> str:
    """What is otherwise than it was at the halt that a resume answers."""
    changes = reply.result.get("since_halt")
    told = changes.get("told") if isinstance(changes, dict) else None
    return "".join(f"\n{line}" for line in told) if isinstance(told, list) else ""
