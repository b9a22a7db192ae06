"""Binance's user events, from bytes to what the desk is told; what is not known is passed over."""

from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.money import ZERO
from tui_trader.core.order import Fill
from tui_trader.core.words import ClientOrderId, Symbol, TradeId
from tui_trader.exchange.binance.answers import Unreadable, figure
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.orders import ALGO_STATUS, side_of, status_of, type_of
from tui_trader.exchange.ports import OrderReport


class Hint(Enum):
    """What an event is the occasion for, beyond what it tells itself."""

    MONEY_MOVED = auto()
    """Funding or a transfer: the amounts stand in the income list."""
    KEY_EXPIRED = auto()
    """This stream will tell nothing more; a new key is needed."""
    ACCOUNT_CHANGED = auto()
    """Leverage, modes or margin were changed, or a margin call came: compare."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A hint, and when."""

    hint: Hint
    time: Instant
    text: str


Told: TypeAlias = Fill | OrderReport | Occasion

_MONEY = frozenset(
    {"FUNDING_FEE", "DEPOSIT", "WITHDRAW", "WITHDRAW_REJECT", "ADMIN_DEPOSIT", "ADMIN_WITHDRAW", "ASSET_TRANSFER"}
    | {"ADJUSTMENT", "INSURANCE_CLEAR", "AUTO_EXCHANGE", "COIN_SWAP_DEPOSIT", "COIN_SWAP_WITHDRAW"}
)
"""Reasons of ACCOUNT_UPDATE that are not trades of ours."""

_BECAME_AN_ORDER = frozenset({"TRIGGERING", "TRIGGERED", "FINISHED"})
"""From then on the order that came of it tells what happens."""


def read_event(json: bytes, names: Names, fees: Fees) -> tuple[Told, ...]:
    """What one message says, the trade before the order's status. Raises Unreadable."""
    try:
        kind = msgspec.json.decode(json, type=_Kind).e
        match kind:
            case "ORDER_TRADE_UPDATE":
                return _order(msgspec.json.decode(json, type=_OrderEvent), names, fees)
            case "ALGO_UPDATE":
                return _algo(msgspec.json.decode(json, type=_AlgoEvent), names)
            case "ACCOUNT_UPDATE":
                return _account(msgspec.json.decode(json, type=_AccountEvent))
            case "listenKeyExpired":
                told = msgspec.json.decode(json, type=_Timed)
                return (Occasion(Hint.KEY_EXPIRED, from_milliseconds(told.E), "the listen key expired"),)
            case "MARGIN_CALL" | "ACCOUNT_CONFIG_UPDATE":
                told = msgspec.json.decode(json, type=_Timed)
                return (Occasion(Hint.ACCOUNT_CHANGED, from_milliseconds(told.E), _SAID[kind]),)
            case _:
                return ()
    except msgspec.ValidationError as error:
        raise Unreadable(f"an event is not as documented ({error})") from None
    except msgspec.DecodeError:
        raise Unreadable("an event is not JSON") from None


_SAID = MappingProxyType({"MARGIN_CALL": "a margin call", "ACCOUNT_CONFIG_UPDATE": "leverage or a mode was changed"})


def _order(event: "_OrderEvent", names: Names, fees: Fees) -> tuple[Told, ...]:
    order = event.o
    client_id = names.of(order.i) or ClientOrderId(order.c)
    names.learn(order.i, client_id)
    report = OrderReport(
        client_order_id=client_id,
        exchange_order_id=str(order.i),
        symbol=Symbol(order.s),
        side=side_of(order.S),
        type=type_of(order.ot or order.o),
        status=status_of(order.X),
        quantity=figure(order.q) or ZERO,
        filled=figure(order.z) or ZERO,
        average_price=figure(order.ap),
        price=figure(order.p),
        stop_price=figure(order.sp),
        reduce_only=order.R,
        close_position=order.cp,
        time=from_milliseconds(event.T),
    )
    traded, price = figure(order.l), figure(order.L)
    if order.x not in ("TRADE", "CALCULATED") or traded is None or price is None:
        return (report,)
    fee, taken = fees.worth(figure(order.n) or ZERO, order.N or "", notional=traded * price, maker=order.m)
    fill = Fill(
        client_order_id=client_id,
        trade_id=TradeId(str(order.t)),
        symbol=Symbol(order.s),
        side=side_of(order.S),
        quantity=traded,
        price=price,
        fee=fee,
        maker=order.m,
        realised=figure(order.rp) or ZERO,
        time=from_milliseconds(event.T),
        foreign_fee=taken,
    )
    return (fill, report)


def _algo(event: "_AlgoEvent", names: Names) -> tuple[Told, ...]:
    order = event.o
    client_id = ClientOrderId(order.caid)
    names.learn_conditional(client_id)
    child = str(order.ai)
    if child.isdigit() and int(child):
        names.learn(int(child), client_id)
    status = ALGO_STATUS.get(order.X)
    if status is None or order.X in _BECAME_AN_ORDER:
        return ()
    return (
        OrderReport(
            client_order_id=client_id,
            exchange_order_id=str(order.aid),
            symbol=Symbol(order.s),
            side=side_of(order.S),
            type=type_of(order.o),
            status=status,
            quantity=figure(order.q) or ZERO,
            filled=ZERO,
            average_price=None,
            price=None,
            stop_price=figure(order.tp),
            reduce_only=order.R or order.cp,
            close_position=order.cp,
            time=from_milliseconds(event.T),
            reason=order.rm,
        ),
    )


def _account(event: "_AccountEvent") -> tuple[Told, ...]:
    if event.a.m in _MONEY:
        return (Occasion(Hint.MONEY_MOVED, from_milliseconds(event.T), event.a.m),)
    return ()


# The names below are Binance's.


class _Kind(msgspec.Struct, frozen=True):
    e: str = ""


class _Timed(msgspec.Struct, frozen=True):
    E: int


class _Order(msgspec.Struct, frozen=True):
    s: str
    c: str
    S: str
    o: str
    x: str
    X: str
    i: int
    q: str = ""
    p: str = ""
    ap: str = ""
    sp: str = ""
    l: str = ""  # noqa: E741 - Binance's name
    z: str = ""
    L: str = ""
    N: str | None = None
    n: str = ""
    t: int = 0
    m: bool = False
    R: bool = False
    cp: bool = False
    ot: str = ""
    rp: str = ""


class _OrderEvent(msgspec.Struct, frozen=True):
    T: int
    o: _Order


class _Algo(msgspec.Struct, frozen=True):
    caid: str
    aid: int
    s: str
    S: str
    o: str
    X: str
    q: str = ""
    ai: str | int = ""
    tp: str = ""
    cp: bool = False
    R: bool = False
    rm: str = ""


class _AlgoEvent(msgspec.Struct, frozen=True):
    T: int
    o: _Algo


class _Account(msgspec.Struct, frozen=True):
    m: str = ""


class _AccountEvent(msgspec.Struct, frozen=True):
    T: int
    a: _Account
