"""The catalogue: every tool there is, in the order in which callers see them."""

from tui_trader.desk.desk import Desk
from tui_trader.desk.parts import PolicyInForce
from tui_trader.tools.adopting import AdoptPosition
from tui_trader.tools.approving import Approve, ObservePosition, ProposePosition, Reject
from tui_trader.tools.cancelling import CancelAll, CancelOrder
from tui_trader.tools.entering import OpenPosition
from tui_trader.tools.exiting import ClosePosition, ReducePosition
from tui_trader.tools.governing import Flatten, Halt, Resume, SetLeverage
from tui_trader.tools.ports import Readings
from tui_trader.tools.protecting import SetStop, SetTakeProfit
from tui_trader.tools.reading import GetAccount, GetCandles, GetLimits, GetOrders, GetPositions, GetSnapshot
from tui_trader.tools.tool import Tool


def all_tools(desk: Desk, readings: Readings, policy: PolicyInForce) -> tuple[Tool, ...]:
    """The tools of a running trader."""
    entering = OpenPosition(desk, policy)
    return (
        GetSnapshot(readings),
        GetCandles(readings),
        GetPositions(readings),
        GetOrders(readings),
        GetAccount(readings),
        GetLimits(readings),
        entering,
        ClosePosition(desk),
        ReducePosition(desk),
        SetStop(desk),
        SetTakeProfit(desk),
        CancelOrder(desk),
        CancelAll(desk),
        SetLeverage(desk, policy),
        Halt(desk),
        Resume(desk),
        Flatten(desk),
        AdoptPosition(desk),
        ProposePosition(desk, entering),
        Approve(desk, entering),
        Reject(desk),
        ObservePosition(desk, entering),
    )
