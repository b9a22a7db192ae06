"""The baseline that runs without a key: momentum, measured against the market's own volatility.

It answers with the tool calls that a model would use, so that everything behind it is the same. It is a yardstick,
not a strategy: on three weeks of recorded minutes it loses about what it pays in fees.

Flat:  go with the trend when the fast average leads the slow one by at least TREND volatilities *and* the last
       quarter of an hour moved the same way by at least MOVE of what it moves by chance.
Held:  close when the averages stand against the position by more than FLIP volatilities. Entering takes less of a
       trend than leaving takes against it, so noise around zero does not trade.

One volatility is the standard deviation of one-minute returns over the last hour. Stop and take-profit follow the
average true range and are placed with the entry.
"""

import math
from dataclasses import dataclass

from tui_trader.agent.deciders.ports import Decision, DecisionRequest, ProposedCall
from tui_trader.agent.observation import Observation
from tui_trader.core.money import BPS
from tui_trader.core.words import TradingState
from tui_trader.market.ports import Snapshot

TREND = 0.5
MOVE = 1.0
FLIP = 1.0
"""In volatilities; calibrated on BTCUSDT minutes of May 2025 to four to eight entries in 500 minutes."""
QUARTER_HOUR = 15
STOP_IN_ATR = 8.0
STOP_BPS = (40, 200)
"""Least and most. Below 40 the fees of both legs eat the reward that the policy's reward-to-risk asks for."""
REWARD_TO_RISK = 2
RISK_BPS = 10
"""Of equity, lost at the stop: with the least stop, about a fifth of the equity in notional."""
MAX_ENTRIES = 2
"""New positions in one decision."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules make of a market: figures in basis points, the first two positive when it rises."""

    trend: float
    move: float
    volatility: float
    atr: float

    @property
    def direction(self) -> int:
        """+1 or -1 where trend and move agree and both are large enough, else 0."""
        least_trend = TREND * self.volatility
        least_move = MOVE * self.volatility * math.sqrt(QUARTER_HOUR)
        if self.trend > least_trend and self.move > least_move:
            return 1
        return -1 if self.trend < -least_trend and self.move < -least_move else 0

    def is_against(self, sign: int) -> bool:
        """Whether the trend has turned against a position of this sign."""
        return self.trend * sign < -FLIP * self.volatility

    @property
    def stop_bps(self) -> int:
        """The distance of the stop from the entry."""
        return round(min(max(self.atr * STOP_IN_ATR, STOP_BPS[0]), STOP_BPS[1]))


def reading_of(snapshot: Snapshot) -> Reading | None:
    """The figures, or None where one is missing or nothing moves at all."""
    parts = (snapshot.ema_fast, snapshot.ema_slow, snapshot.return_15m, snapshot.volatility, snapshot.atr)
    fast, slow, move, volatility, atr = parts
    if fast is None or slow is None or move is None or volatility is None or atr is None:
        return None
    mid, bps = float(snapshot.mid), float(BPS)
    if volatility <= 0 or not all(math.isfinite(part) for part in (fast, slow, move, volatility, atr)):
        return None
    return Reading((fast - slow) / mid * bps, move * bps, volatility * bps, atr / mid * bps)


class RulesDecider:
    """The documented rules; no state between two decisions, no chance, no cost."""

    @property
    def name(self) -> str:
        """`rules`."""
        return "rules"

    @property
    def amends(self) -> bool:
        """Rules have nothing to add to what they said."""
        return False

    async def unaffordable(self, request: DecisionRequest) -> str:
        """Never: it costs nothing."""
        return ""

    async def decide(self, request: DecisionRequest) -> Decision:
        """Exits first; entries only where nothing is held or worked, and trading is ACTIVE."""
        observation = request.observation
        exits: list[ProposedCall] = []
        entries: list[ProposedCall] = []
        notes: list[str] = []
        for snapshot in observation.snapshots:
            reading = reading_of(snapshot)
            if reading is None:
                notes.append(f"{snapshot.symbol} not warmed up")
                continue
            call = _wanted(snapshot, reading, observation)
            if call is not None:
                (exits if call.tool == "close_position" else entries).append(call)
            notes.append(f"{snapshot.symbol} trend {reading.trend:+.1f}, 15m {reading.move:+.1f} bps")
        calls = (*exits, *entries[:MAX_ENTRIES])
        return Decision(calls=calls, reason="; ".join(notes))

    async def close(self) -> None:
        """Nothing is open."""


def _wanted(snapshot: Snapshot, reading: Reading, observation: Observation) -> ProposedCall | None:
    held = observation.position(snapshot.symbol)
    if held is not None:
        sign = 1 if held.quantity > 0 else -1
        return _close(snapshot, reading) if reading.is_against(sign) else None
    working = any(order.intent.symbol == snapshot.symbol for order in observation.orders)
    is_active = observation.account.trading_state is TradingState.ACTIVE
    return _open(snapshot, reading) if reading.direction and is_active and not working else None


def _open(snapshot: Snapshot, reading: Reading) -> ProposedCall:
    return ProposedCall(
        tool="open_position",
        arguments={
            "symbol": snapshot.symbol,
            "side": "long" if reading.direction > 0 else "short",
            "risk_bps": RISK_BPS,
            "entry": "market",
            "limit_offset_bps": 0,
            "stop_bps": reading.stop_bps,
            "take_profit_bps": REWARD_TO_RISK * reading.stop_bps,
            "reason": f"trend {reading.trend:+.1f} bps and 15m {reading.move:+.1f} bps agree",
        },
    )


def _close(snapshot: Snapshot, reading: Reading) -> ProposedCall:
    reason = f"trend {reading.trend:+.1f} bps turned against the position"
    return ProposedCall(tool="close_position", arguments={"symbol": snapshot.symbol, "reason": reason})
