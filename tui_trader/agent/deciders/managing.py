"""Managing without a model, when its money is spent: what is held is closed or its stop drawn nearer, by rule.

It opens nothing. A position is closed when the trend has turned against it, as the baseline rules would; else its
stop follows the market at the distance that those rules would give a new entry, and only ever comes nearer.
"""

from tui_trader.agent.deciders.ports import Decision, DecisionRequest, ProposedCall
from tui_trader.agent.deciders.rules import Reading, reading_of
from tui_trader.agent.observation import Observation
from tui_trader.core.money import BPS
from tui_trader.core.records import JsonValue
from tui_trader.market.ports import Snapshot
from tui_trader.tools.ports import PositionView

_WORTH_MOVING_BPS = 10
"""A stop is moved when it comes nearer by at least this: each move is three orders."""


def managed(request: DecisionRequest, why: str) -> Decision:
    """What to do with what is held, and nothing else. `why` opens the reason."""
    calls: list[ProposedCall] = []
    for snapshot in request.observation.snapshots:
        call = _wanted(snapshot, request.observation)
        if call is not None:
            calls.append(call)
    offered = {tool.name for tool in request.tools}
    return Decision(
        calls=tuple(call for call in calls if call.tool in offered),
        reason=f"manage-only, no model is asked: {why}",
    )


def _wanted(snapshot: Snapshot, observation: Observation) -> ProposedCall | None:
    held, reading = observation.position(snapshot.symbol), reading_of(snapshot)
    if held is None or reading is None:
        return None
    if reading.is_against(1 if held.quantity > 0 else -1):
        reason = f"trend {reading.trend:+.1f} bps turned against the position"
        return ProposedCall(tool="close_position", arguments={"symbol": snapshot.symbol, "reason": reason})
    return _nearer_stop(snapshot, held, reading)


def _nearer_stop(snapshot: Snapshot, held: PositionView, reading: Reading) -> ProposedCall | None:
    if held.stop_price is None:
        return None  # the desk sees to it that there is one
    stands_at = abs(snapshot.mark - held.stop_price) / snapshot.mark * BPS
    if stands_at < reading.stop_bps + _WORTH_MOVING_BPS:
        return None
    arguments: dict[str, JsonValue] = {
        "symbol": snapshot.symbol,
        "stop_bps": reading.stop_bps,
        "reason": f"the stop stood {stands_at:.0f} bps away",
    }
    return ProposedCall(tool="set_stop", arguments=arguments)
