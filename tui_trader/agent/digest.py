"""The observation as the compact, deterministic text that a model reads: equal observations give equal bytes.

Keys are sorted, decimals are plain strings, indicators are quantised; nothing in it comes from outside the
exchange's figures and the program's own words.
"""

import hashlib
import json
import math
from decimal import Decimal

from tui_trader.agent.observation import Observation
from tui_trader.core.clock import elapsed, text
from tui_trader.core.money import BPS, ZERO, plain
from tui_trader.core.order import Order
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.market.ports import Snapshot
from tui_trader.tools.ports import AccountView, Headroom, PositionView

_TENTH = Decimal("0.1")
_MONEY = Decimal("0.01")
_RATE = Decimal("0.001")
_BEYOND_MARKETS = 1e12


def digest_of(observation: Observation) -> JsonObject:
    """The figures of the observation with their ages and units in their names."""
    return {
        "account": _account(observation.account),
        "limits": {_limit_name(h): _limit(h) for h in observation.limits},
        "markets": {s.symbol: _market(s) for s in observation.snapshots},
        "orders": [_order(order, observation) for order in observation.orders],
        "positions": {p.symbol: _position(p) for p in observation.positions if p.quantity},
        "time": text(observation.time),
        "unusable": {u.symbol: u.reason for u in observation.unusable},
    }


def canonical(value: JsonValue) -> str:
    """The one text of a JSON value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(text_: str) -> str:
    """The hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text_.encode()).hexdigest()


def _market(snapshot: Snapshot) -> JsonObject:
    return {
        "ask": plain(snapshot.ask),
        "atr_bps": _share(snapshot.atr, snapshot.mid),
        "bid": plain(snapshot.bid),
        "candle_age_s": _tenths(snapshot.candle_age),
        "change_24h_bps": _bps(snapshot.change_24h),
        "ema_fast_vs_mid_bps": _share_gap(snapshot.ema_fast, snapshot.mid),
        "ema_slow_vs_mid_bps": _share_gap(snapshot.ema_slow, snapshot.mid),
        "funding_in_min": max(0, round(elapsed(snapshot.time, snapshot.next_funding) / 60)),
        "funding_rate_bps": plain((snapshot.funding_rate * BPS).quantize(_RATE)),
        "mark": plain(snapshot.mark),
        "mark_age_s": _tenths(snapshot.mark_age),
        "quote_age_s": _tenths(snapshot.quote_age),
        "return_15m_bps": _bps(snapshot.return_15m),
        "return_1h_bps": _bps(snapshot.return_1h),
        "return_1m_bps": _bps(snapshot.return_1m),
        "return_5m_bps": _bps(snapshot.return_5m),
        "rsi": _tenths(snapshot.rsi),
        "spread_bps": plain(snapshot.spread_bps.quantize(_RATE)),
        "volatility_bps": _bps(snapshot.volatility),
        "volume_1h": _tenths(snapshot.volume_1h),
    }


def _account(account: AccountView) -> JsonObject:
    return {
        "available": _money(account.available),
        "day_pnl": _money(account.day_pnl),
        "drawdown_bps": _bps(account.drawdown),
        "equity": _money(account.equity),
        "trading_state": account.trading_state.value,
    }


def _position(position: PositionView) -> JsonObject:
    move = None
    if position.mark_price is not None and position.entry_price > 0:
        move = (position.mark_price / position.entry_price - 1) * (1 if position.quantity > 0 else -1)
    return {
        "entry": plain(position.entry_price),
        "liquidation": _figure(position.liquidation_price),
        "mark": _figure(position.mark_price),
        "move_bps": None if move is None else plain((move * BPS).quantize(_TENTH)),
        "quantity": plain(abs(position.quantity)),
        "side": "long" if position.quantity > 0 else "short",
        "stop": _figure(position.stop_price),
        "take_profit": _figure(position.take_profit_price),
        "unrealised": _money(position.unrealised),
    }


def _order(order: Order, observation: Observation) -> JsonObject:
    intent = order.intent
    return {
        "age_s": max(0, round(elapsed(order.created, observation.time))),
        "client_order_id": order.client_order_id,
        "price": _figure(intent.price),
        "purpose": intent.purpose.value,
        "remaining": plain(order.remaining),
        "side": intent.side.value,
        "status": order.status.value,
        "stop_price": _figure(intent.stop_price),
        "symbol": intent.symbol,
        "type": intent.type.value,
    }


def _limit_name(headroom: Headroom) -> str:
    return f"{headroom.limit}:{headroom.symbol}" if headroom.symbol else headroom.limit


def _limit(headroom: Headroom) -> JsonObject:
    return {"limit": plain(headroom.value), "used": _money(headroom.used)}


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _money(value: Decimal | None) -> str | None:
    return None if value is None else plain(value.quantize(_MONEY))


def _known(value: float | None) -> Decimal | None:
    """An indicator as a decimal; None also for what is no number, or none that a market could have."""
    if value is None or not math.isfinite(value) or abs(value) > _BEYOND_MARKETS:
        return None
    return Decimal(repr(value))


def _tenths(value: float | None) -> str | None:
    known = _known(value)
    return None if known is None else plain(known.quantize(_TENTH))


def _bps(value: float | None) -> str | None:
    known = _known(value)
    return None if known is None else plain((known * BPS).quantize(_TENTH))


def _share(value: float | None, of: Decimal) -> str | None:
    known = _known(value)
    return None if known is None or of <= ZERO else plain((known / of * BPS).quantize(_TENTH))


def _share_gap(value: float | None, of: Decimal) -> str | None:
    known = _known(value)
    return None if known is None or of <= ZERO else plain(((known / of - 1) * BPS).quantize(_TENTH))
