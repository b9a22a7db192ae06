"""Tokens of the figures that a decision is made by, for 1 to 10 symbols, beside the plain JSON of the same values.

No tokenizer works without a download, so tokens are estimated the way byte-pair encoders of this family cut text: three
digits, up to eight letters of a word, three signs a token. The characters, of which the library's own estimate takes a
quarter, are in the note.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.fakes.agent_parts import NOON, account, held, snapshot, stop_order
from tests.unit.risk.scenes import BOOK, POLICY
from tui_trader.agent.digest import digest_of
from tui_trader.agent.legend import LEGEND
from tui_trader.agent.observation import Observation
from tui_trader.core.clock import later
from tui_trader.core.records import PositionClosed
from tui_trader.core.words import CycleVerdict, Side, Symbol
from tui_trader.risk.headroom import headrooms
from tui_trader.tools.ports import Headroom, Memory, PastAction, PastDecision
from tui_trader.tools.reading import figures
from tui_trader.tools.tool import order_result

SUBJECT = "digest"
_PIECES = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]+|\s+")
_SYMBOLS = (1, 2, 5, 10)
_NAMES = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "LINK", "AVAX", "LTC")


def tokens(text: str) -> int:
    """An estimate, on the high side for words and close for figures."""
    return sum(_tokens_of(piece) for piece in _PIECES.findall(text))


def _tokens_of(piece: str) -> int:
    width = 8 if piece.islower() else 3
    return -(-len(piece) // width)


def measure(_: Path, __: int) -> Iterator[Figure]:
    """Tokens a decision; the legend is in the part of the prompt that a service caches."""
    for count in _SYMBOLS:
        seen = observation(count)
        told, plain = digest_of(seen), plain_json(seen)
        yield Figure(
            subject=SUBJECT,
            name=f"{count} symbols" if count > 1 else "1 symbol",
            value=tokens(told),
            unit="tokens",
            baseline=tokens(plain),
            against="plain JSON of the same",
            note=f"{len(told)} and {len(plain)} characters",
        )
    yield Figure(subject=SUBJECT, name="legend, once and cached", value=tokens(LEGEND), unit="tokens")


def observation(count: int) -> Observation:
    """Markets that look real; something is held, protected and remembered in every second symbol."""
    symbols = tuple(Symbol(f"{name}USDT") for name in _NAMES[:count])
    policy = POLICY.model_copy(update={"symbols": symbols})
    rooms = headrooms(replace(BOOK, instruments=BOOK.instruments), policy)
    markets = tuple(
        replace(
            snapshot(symbol, price=str(Decimal(94_321) / (3**place))[:8]),
            return_1m=-0.00034212,
            return_5m=0.0012345678,
            return_15m=-0.0023456789,
            return_1h=0.0034567891,
            change_24h=-0.0212345678,
            rsi=57.123456789,
            atr=51.23456789 / 3**place,
            volatility=0.00051234567,
            volume_1h=1234.56789012,
            ema_fast=94_100.123456 / 3**place,
            ema_slow=94_050.654321 / 3**place,
        )
        for place, symbol in enumerate(symbols)
    )
    holding = symbols[::2]
    return Observation(
        time=NOON,
        snapshots=tuple(sorted(markets, key=lambda market: market.symbol)),
        unusable=(),
        account=account(),
        positions=tuple(held("0.0123", symbol) for symbol in holding),
        orders=tuple(
            stop_order(symbol, name=f"tt-Zx8kQw3rT5yU7iO9pA2s{place:02d}") for place, symbol in enumerate(holding)
        ),
        limits=tuple(Headroom(limit=r.limit, value=r.value, used=r.used, symbol=r.symbol) for r in rooms),
        memory=Memory(decisions=_decisions(symbols), outcomes=_outcomes(symbols), fees_today=Decimal("3.21")),
    )


def _decisions(symbols: tuple[Symbol, ...]) -> tuple[PastDecision, ...]:
    action = PastAction(tool="open_position", symbol=symbols[0], outcome="done")
    return tuple(
        PastDecision(cycle=n, time=later(NOON, -60.0 * (9 - n)), verdict=CycleVerdict.TRADE, actions=(action,))
        for n in range(5)
    )


def _outcomes(symbols: tuple[Symbol, ...]) -> tuple[PositionClosed, ...]:
    return tuple(
        PositionClosed(
            symbol=symbols[0],
            side=Side.BUY,
            quantity=Decimal("0.0123"),
            cycle=n,
            opened=later(NOON, -6_000.0),
            closed=later(NOON, -3_000.0),
            entry_price=Decimal("94012.3"),
            exit_price=Decimal("94100.1"),
            realised=Decimal("1.08"),
            fees=Decimal("1.1572"),
            funding=Decimal(0),
            model_cost=Decimal("0.00123"),
            net=Decimal("-0.0784"),
            net_bps=Decimal("-0.7"),
            adverse_bps=Decimal("12.3"),
            favourable_bps=Decimal("23.4"),
            closed_by="agent exit",
        )
        for n in range(5)
    )


def plain_json(seen: Observation) -> str:
    """All of it under the names that the reading tools give it."""
    return json.dumps(
        {
            "time": str(seen.time),
            "snapshots": [figures(market) for market in seen.snapshots],
            "account": figures(seen.account),
            "positions": [figures(position) for position in seen.positions],
            "orders": [order_result(order) for order in seen.orders],
            "limits": [figures(room) for room in seen.limits],
            "decisions": [
                {
                    "cycle": past.cycle,
                    "verdict": past.verdict.value,
                    "actions": [{"tool": a.tool, "symbol": a.symbol, "outcome": a.outcome} for a in past.actions],
                }
                for past in seen.memory.decisions
            ],
            "outcomes": [
                {name: str(getattr(outcome, name)) for name in type(outcome).__dataclass_fields__}
                for outcome in seen.memory.outcomes
            ],
        },
        separators=(",", ":"),
    )
