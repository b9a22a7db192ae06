"""What the journal keeps: one frozen value a kind of row.

These are the facts from which all state is folded, so a field may be added with a default but never change its
meaning. Text in them may come from outside; the journal redacts known secrets before it writes.
"""

from typing import TypeAlias

from tui_trader.core.records.accounting import (
    AccountReconciled,
    EquityMarked,
    FundingBooked,
    PositionAdopted,
    PositionClosed,
    TransferBooked,
)
from tui_trader.core.records.asking import ApprovalChanged, EntryCard, EntryObserved, EntryProposed, ObservedChanged
from tui_trader.core.records.calling import ToolCalled, ToolReturned, ToolStatus
from tui_trader.core.records.deciding import (
    Action,
    CycleDecided,
    EconomyChanged,
    FiguresSeen,
    ModelAnswered,
    ModelAsked,
)
from tui_trader.core.records.json_values import JsonObject, JsonValue
from tui_trader.core.records.judging import BreakerChanged, Clamp, RiskJudged, TradingStateChanged
from tui_trader.core.records.ordering import (
    ExchangeClosed,
    ForcedCause,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    ProtectionFailed,
)
from tui_trader.core.records.running import (
    EmergencyImported,
    EngineStarted,
    EngineStopped,
    HomeOpened,
    LiveTerms,
    LogSigned,
    PromptChanged,
    SigningKeyIntroduced,
)

Record: TypeAlias = (
    HomeOpened
    | EngineStarted
    | PromptChanged
    | EngineStopped
    | ToolCalled
    | ToolReturned
    | ModelAsked
    | ModelAnswered
    | EconomyChanged
    | FiguresSeen
    | CycleDecided
    | RiskJudged
    | OrderIntended
    | OrderChanged
    | OrderFilled
    | ExchangeClosed
    | FundingBooked
    | TransferBooked
    | PositionAdopted
    | PositionClosed
    | AccountReconciled
    | EquityMarked
    | TradingStateChanged
    | EntryProposed
    | ApprovalChanged
    | EntryObserved
    | ObservedChanged
    | BreakerChanged
    | ProtectionFailed
    | EmergencyImported
    | SigningKeyIntroduced
    | LogSigned
)

__all__ = [
    "AccountReconciled",
    "Action",
    "ApprovalChanged",
    "BreakerChanged",
    "Clamp",
    "CycleDecided",
    "EconomyChanged",
    "EmergencyImported",
    "EngineStarted",
    "EngineStopped",
    "EntryCard",
    "EntryObserved",
    "EntryProposed",
    "EquityMarked",
    "ExchangeClosed",
    "FiguresSeen",
    "ForcedCause",
    "FundingBooked",
    "HomeOpened",
    "JsonObject",
    "JsonValue",
    "LiveTerms",
    "LogSigned",
    "ModelAnswered",
    "ModelAsked",
    "ObservedChanged",
    "OrderChanged",
    "OrderFilled",
    "OrderIntended",
    "PositionAdopted",
    "PositionClosed",
    "PromptChanged",
    "ProtectionFailed",
    "Record",
    "RiskJudged",
    "SigningKeyIntroduced",
    "ToolCalled",
    "ToolReturned",
    "ToolStatus",
    "TradingStateChanged",
    "TransferBooked",
]
