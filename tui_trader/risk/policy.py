"""The policy: every limit that the gate enforces, as the front matter of a prompt declares it.

No limit of losses or size has a default: one that is not written is a limit that nobody chose, and the program does
not start. What only saves money (pace against churn, triage, investigation), and what trips the breakers beside the
failures in a row, has one, so that a short file is complete.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from tui_trader.core.money import Money
from tui_trader.core.records import JsonObject
from tui_trader.core.words import Autonomy, Symbol
from tui_trader.risk.hours import TradingHours, hours_written, read_hours
from tui_trader.risk.written import AS_DURATION, AS_TEXT, Closed, Duration, Figure, Whole, wrong

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_MOST_SYMBOLS = 50


def _symbols(value: object) -> tuple[Symbol, ...]:
    demand = f"a list of one to {_MOST_SYMBOLS} different symbols in upper case, like [BTCUSDT, ETHUSDT]"
    if not isinstance(value, list | tuple) or not 0 < len(value) <= _MOST_SYMBOLS:
        raise wrong(demand)
    for symbol in value:
        well_written = isinstance(symbol, str) and symbol.replace("_", "").isalnum() and symbol == symbol.upper()
        if not well_written or len(symbol) > _MOST_SYMBOLS:
            raise wrong(demand)
    if len(set(value)) != len(value):
        raise wrong(demand)
    return tuple(Symbol(symbol) for symbol in value)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise wrong("a short name of letters, digits, dot, dash and underscore")
    return value


def _model_name(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        raise wrong("the name of a model")
    return value


Amount: TypeAlias = Annotated[Money, BeforeValidator(Figure("1", "100000000")), AS_TEXT]
"""Money in the quote currency."""
Usd: TypeAlias = Annotated[Money, BeforeValidator(Figure("0.001", "100000")), AS_TEXT]
"""Money for the model, in USD."""


class Requirement(StrEnum):
    """Whether an entry must carry something."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class RiskLimits(Closed):
    """What no order may exceed. Money in quote currency, `_pct` in per cent, `_bps` in basis points.

    The example of a field is what an error proposes when the field is missing.
    """

    max_order_notional: Amount = Field(examples=["2000"])
    """Of one order, at the dearer of its limit price and the mark."""
    max_position_notional: Amount = Field(examples=["5000"])
    """Of one symbol, with everything that still works or whose fate is unknown."""
    max_gross_notional: Amount = Field(examples=["10000"])
    """Of all symbols together, counted likewise."""
    max_leverage: Annotated[int, BeforeValidator(Whole(1, 125))] = Field(examples=["3"])
    """Bounds the exchange's setting, and gross notional / equity."""
    max_risk_per_trade_pct: Annotated[Decimal, BeforeValidator(Figure("0.01", "20")), AS_TEXT] = Field(examples=["1.0"])
    """Of equity: the loss if the stop fills at its price, fees of both legs included."""
    stop_loss: Literal["required"] = Field(examples=["required"])
    """Every entry carries one; there is no other setting."""
    take_profit: Requirement = Field(examples=["required"])
    max_stop_distance_pct: Annotated[Decimal, BeforeValidator(Figure("0.05", "50")), AS_TEXT] = Field(examples=["5"])
    """Between the limit price and the stop, of the limit price."""
    min_reward_to_risk: Annotated[Decimal, BeforeValidator(Figure("0.1", "20")), AS_TEXT] = Field(examples=["1.2"])
    """Gain at the take-profit over loss at the stop, both after fees, from the price that an entry would really pay."""
    max_daily_loss_pct: Annotated[Decimal, BeforeValidator(Figure("0.1", "50")), AS_TEXT] = Field(examples=["3"])
    """Of the day's first equity: REDUCING."""
    max_consecutive_losses: Annotated[int, BeforeValidator(Whole(1, 100))] = Field(examples=["4"])
    """Round trips that lost money, one after the other: REDUCING."""
    max_drawdown_pct: Annotated[Decimal, BeforeValidator(Figure("0.1", "90")), AS_TEXT] = Field(examples=["10"])
    """Below the highest equity: flatten, HALTED."""
    max_consecutive_failures: Annotated[int, BeforeValidator(Whole(1, 100))] = Field(examples=["3"])
    """Of the exchange or the model: the breaker opens."""
    max_open_orders: Annotated[int, BeforeValidator(Whole(1, 200))] = Field(examples=["8"])
    """With the stops and take-profits that entries will place."""
    max_orders_per_minute: Annotated[int, BeforeValidator(Whole(1, 600))] = Field(examples=["6"])
    """With the stops and take-profits that the entry will place."""
    max_entries_per_day: Annotated[int, BeforeValidator(Whole(1, 10_000))] = Field(examples=["20"])
    """Entries intended since 00:00 UTC."""
    reentry_cooldown: Annotated[float, BeforeValidator(Duration("1s", "7d")), AS_DURATION] = Field(examples=["15m"])
    """Seconds after a stop-out in which the same symbol and side is not entered."""
    min_hold: Annotated[float, BeforeValidator(Duration("1s", "7d")), AS_DURATION] = Field(examples=["3m"])
    """Seconds after its own entry in which the agent does not enter the other side."""
    max_price_deviation_bps: Annotated[Decimal, BeforeValidator(Figure("1", "1000")), AS_TEXT] = Field(examples=["50"])
    """How far beyond the mark price, to the paying side, an entry's limit may lie."""
    max_quote_age: Annotated[float, BeforeValidator(Duration("0.1s", "5m")), AS_DURATION] = Field(examples=["5s"])
    """Seconds; older quotes or marks mean no new risk."""
    min_liquidation_distance_pct: Annotated[Decimal, BeforeValidator(Figure("0.1", "95")), AS_TEXT] = Field(
        examples=["15"]
    )
    """Between the price and the liquidation price that the position would have."""
    approve_above_notional: Amount | None = None
    """An entry of the agent that brings the symbol's position above this, on its side, waits for a person's yes."""
    entry_spacing: Annotated[float, BeforeValidator(Duration("0s", "7d")), AS_DURATION] = 180.0
    """Seconds after the agent's last trade in a symbol, entry or close, in which it does not enter there again."""
    max_reversals_per_day: Annotated[int, BeforeValidator(Whole(0, 1_000))] = 6
    """Entries of the agent against the side of its entry before, of one symbol, since 00:00 UTC."""
    min_target_to_fees: Annotated[Decimal, BeforeValidator(Figure("0", "100")), AS_TEXT] = Decimal(2)
    """Gain at the take-profit before fees over the taker fees of both legs, for the agent's entries."""
    max_cancels_per_minute: Annotated[int, BeforeValidator(Whole(1, 600))] = 6
    """Entries that were cancelled within a minute; from there on nothing new is entered. Cancels always pass."""
    trading_hours: Annotated[TradingHours | None, BeforeValidator(read_hours), PlainSerializer(hours_written)] = None
    """Windows of the UTC day; outside there is no new risk, and resting entries are cancelled."""
    breaker_window: Annotated[float, BeforeValidator(Duration("1m", "6h")), AS_DURATION] = 900.0
    """Seconds for which the breakers below look back; so long one rests, at first, before an entry tries it again."""
    max_error_rate_pct: Annotated[Decimal, BeforeValidator(Figure("1", "100")), AS_TEXT] = Decimal(50)
    """Of the orders that the exchange refuses or does not answer, and of the model's answers that are faults."""
    max_unknown_outcomes: Annotated[int, BeforeValidator(Whole(1, 10_000))] = 3
    """Orders whose fate was unknown."""
    max_slippage_bps: Annotated[Decimal, BeforeValidator(Figure("1", "1000")), AS_TEXT] = Decimal(50)
    """Between the price that was decided by (the mark that was seen, a stop's trigger) and a fill that is worse."""
    max_slipped_orders: Annotated[int, BeforeValidator(Whole(1, 10_000))] = 3
    """Orders filled beyond `max_slippage_bps`."""
    max_identical_orders: Annotated[int, BeforeValidator(Whole(1, 10_000))] = 6
    """Entries of the agent that are alike: with this one of them, nothing new is entered until a person resumes."""


class ModelLimits(Closed):
    """Which model is asked, how long it may take, and what it may cost.

    Money in USD, over the calendar's hour, day and month in UTC. At the caps a ladder: the fallback model from
    `fallback_at_pct` of any cap on, `slow_interval` from `slow_at_pct` on, and no call at all once the worst that one
    can cost does not fit any more. A rung that has nothing to do (no fallback model, no slow interval) is left out.
    """

    model: Annotated[str, AfterValidator(_model_name)] = Field(examples=["gpt-5.4-mini"])
    deadline: Annotated[float, BeforeValidator(Duration("0.1s", "10m")), AS_DURATION] = Field(examples=["5s"])
    """Seconds from the first look at the market to the verdict; a call to the model gets what is left, in real time."""
    max_usd_per_day: Annotated[Money, BeforeValidator(Figure("0.01", "10000")), AS_TEXT] = Field(examples=["2.00"])
    """In USD, from 00:00 UTC."""
    investigate_rounds: Annotated[int, BeforeValidator(Whole(0, 3))] = 0
    """Times that the model may look things up with reading tools before it must decide, within the deadline."""
    max_usd_per_hour: Usd | None = Field(default=None, examples=["0.25"])
    """In USD, from the full hour."""
    max_usd_per_month: Usd | None = Field(default=None, examples=["30"])
    """In USD, from the first of the month, 00:00 UTC."""
    fallback_model: Annotated[str, AfterValidator(_model_name)] | None = Field(default=None, examples=["gpt-6-luna"])
    """Asked in place of `model` when money runs short."""
    fallback_at_pct: Annotated[Decimal, BeforeValidator(Figure("1", "100")), AS_TEXT] = Field(
        default=Decimal(75), examples=["75"]
    )
    """Of any cap: from here on the fallback model is asked."""
    slow_interval: Annotated[float, BeforeValidator(Duration("1s", "1d")), AS_DURATION] | None = Field(
        default=None, examples=["5m"]
    )
    """Seconds between two decisions when money runs very short; never less than `interval`."""
    slow_at_pct: Annotated[Decimal, BeforeValidator(Figure("1", "100")), AS_TEXT] = Field(
        default=Decimal(90), examples=["90"]
    )
    """Of any cap: from here on decisions come at `slow_interval`."""


class TriageScope(StrEnum):
    """Whose decisions are skipped while nothing that matters has changed: those that a model is asked for, or all."""

    MODEL = "model"
    EVERY = "every"
    NOBODY = "nobody"


class Triage(Closed):
    """When a decision is worth its price. Moves are measured in the average range of a minute (ATR) and since the
    last time that the decider answered.
    """

    applies_to: TriageScope = TriageScope.MODEL
    move_atr: Annotated[Decimal, BeforeValidator(Figure("0", "100")), AS_TEXT] = Decimal(3)
    """A price that moved by this many ATR, and by `move_bps`, matters."""
    move_bps: Annotated[Decimal, BeforeValidator(Figure("0", "1000")), AS_TEXT] = Decimal(10)
    """A price that moved by less does not matter, however calm the market is."""
    trend_atr: Annotated[Decimal, BeforeValidator(Figure("0", "100")), AS_TEXT] = Decimal("1.5")
    """A gap between the fast and the slow average that changed by this many ATR, and by `move_bps`, matters."""
    held_every: Annotated[int, BeforeValidator(Whole(1, 10_000))] = 5
    """Intervals after which something held or worked is looked at, whatever happened."""
    flat_every: Annotated[int, BeforeValidator(Whole(1, 100_000))] = 30
    """Intervals after which a flat account is looked at."""
    funding_within: Annotated[float, BeforeValidator(Duration("0s", "4h")), AS_DURATION] = 600.0
    """Seconds before funding in which it matters to what is held."""
    early_move_atr: Annotated[Decimal, BeforeValidator(Figure("0.1", "1000")), AS_TEXT] = Decimal(6)
    """A price that moved by this many ATR, and by `move_bps`, calls for a decision before the interval is over."""
    early_spacing: Annotated[float, BeforeValidator(Duration("1s", "1d")), AS_DURATION] = 15.0
    """Seconds that an early decision keeps from the one before."""
    early_per_hour: Annotated[int, BeforeValidator(Whole(0, 1_000))] = 12
    """Early decisions within an hour, at most."""


class Policy(Closed):
    """One prompt's front matter, complete and within bounds."""

    name: Annotated[str, AfterValidator(_name)] = Field(examples=["trader"])
    symbols: Annotated[tuple[Symbol, ...], BeforeValidator(_symbols)] = Field(examples=["[BTCUSDT, ETHUSDT]"])
    interval: Annotated[float, BeforeValidator(Duration("1s", "1d")), AS_DURATION] = Field(examples=["60s"])
    """Seconds between two decisions."""
    autonomy: Autonomy = Field(examples=["auto"])
    approval_expiry: Annotated[float, BeforeValidator(Duration("5s", "1d")), AS_DURATION] = 300.0
    """Seconds for which a person may say yes to a proposed entry; after that the answer is no."""
    risk: RiskLimits
    llm: ModelLimits
    triage: Triage = Triage()

    def as_record(self) -> JsonObject:
        """The policy as the journal keeps it: figures and durations as text, readable by `model_validate`."""
        return cast("JsonObject", self.model_dump(mode="json"))
