"""What can go wrong in a decision, as a closed set; each member ends in hold and names itself in the journal."""

from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """Why a decision could not be had or could not be carried through."""

    # The model's service did not answer, or not with an answer.
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNAUTHORISED = "unauthorised"
    MODEL_UNKNOWN = "model_unknown"
    REQUEST_REFUSED = "request_refused"
    UNREADABLE = "unreadable"
    # It answered, but not with something that may be acted on.
    EMPTY = "empty"
    PROSE = "prose"
    REFUSAL = "refusal"
    TRUNCATED = "truncated"
    BAD_JSON = "bad_json"
    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    TOO_MANY_CALLS = "too_many_calls"
    CONTRADICTORY = "contradictory"
    # There was no money to ask with.
    BUDGET = "budget"
    # A replay asked something that was not recorded.
    REPLAY_MISS = "replay_miss"
    # The cycle itself failed.
    LATE = "late"
    INTERRUPTED = "interrupted"
    TOOL_FAILED = "tool_failed"
    INTERNAL = "internal"


FAULT_TEXT = MappingProxyType(
    {
        Fault.TIMEOUT: "the model did not answer in time",
        Fault.CONNECTION: "no connection to the model",
        Fault.RATE_LIMITED: "the model's service refuses more requests for now (429)",
        Fault.SERVER_ERROR: "the model's service failed (5xx)",
        Fault.UNAUTHORISED: "the model's service does not accept the key",
        Fault.MODEL_UNKNOWN: "the model's service does not know this model or address",
        Fault.REQUEST_REFUSED: "the model's service refused the request as malformed",
        Fault.UNREADABLE: "the answer is not what the model's interface promises",
        Fault.EMPTY: "the model answered nothing",
        Fault.PROSE: "the model wrote text and called no tool",
        Fault.REFUSAL: "the model refused",
        Fault.TRUNCATED: "the answer was cut off",
        Fault.BAD_JSON: "a tool call's arguments are not JSON",
        Fault.UNKNOWN_TOOL: "the answer names a tool that was not offered",
        Fault.BAD_ARGUMENTS: "a tool call's arguments break its schema",
        Fault.TOO_MANY_CALLS: "the answer holds more tool calls than one decision may",
        Fault.CONTRADICTORY: "the answer holds and trades at once",
        Fault.BUDGET: "the money for the model does not carry this call",
        Fault.REPLAY_MISS: "the recording does not have this request; the log shows the first difference",
        Fault.LATE: "the decision came after its deadline",
        Fault.INTERRUPTED: "the decision was broken off from outside",
        Fault.TOOL_FAILED: "a tool could not do what it was asked",
        Fault.INTERNAL: "an unexpected error of this program",
    }
)
"""One safe sentence a fault; nothing that came from outside is quoted in it."""
