"""Faults on demand: what goes wrong with which request, and when. Nothing goes wrong unless it is asked for."""

from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens to a request."""

    DELAY = "delay"
    """It is carried out and answered properly, both `seconds` late; with `executes` only the answer is late."""
    DROP = "drop"
    """It is read and the connection dropped."""
    TIMEOUT = "timeout"
    """It is read and never answered."""
    UNKNOWN_503 = "503-unknown"
    UNAVAILABLE_503 = "503-unavailable"
    INTERNAL_503 = "503-internal"
    BARE_503 = "503-bare"
    ERROR_1006 = "-1006"
    ERROR_1007 = "-1007"
    ERROR_1008 = "-1008"
    TOO_MANY_429 = "429"
    BANNED_418 = "418"
    HTML_403 = "403-html"
    HTML_502 = "502-html"
    HTML_200 = "200-html"
    EMPTY_200 = "200-empty"
    BROKEN_200 = "200-broken"
    """Half of an object."""
    LIST_400 = "400-list"
    """An error whose body is a list."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent instead of the true answer."""

    status: int
    body: str
    content_type: str = "application/json"
    retry_after: int | None = None


def _error(status: int, code: int, text: str, retry_after: int | None = None) -> Answer:
    return Answer(status, f'{{"code":{code},"msg":"{text}"}}', retry_after=retry_after)


_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_HTML = "text/html"

ANSWERS = {
    FaultKind.UNKNOWN_503: _error(503, 0, "Unknown error, please check your request or try again later."),
    FaultKind.UNAVAILABLE_503: _error(503, 0, "Service Unavailable."),
    FaultKind.INTERNAL_503: _error(503, -1001, "Internal error; unable to process your request. Please try again."),
    FaultKind.BARE_503: Answer(503, "", "text/plain"),
    FaultKind.ERROR_1006: _error(
        400, -1006, "An unexpected response was received from the message bus. Execution status unknown."
    ),
    FaultKind.ERROR_1007: _error(
        408, -1007, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    ),
    FaultKind.ERROR_1008: _error(
        503,
        -1008,
        "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again.",
    ),
    FaultKind.TOO_MANY_429: _error(429, -1003, "Too many requests; current limit is 2400 requests per minute.", 5),
    FaultKind.BANNED_418: _error(418, -1003, "Way too many requests; IP banned.", 120),
    FaultKind.HTML_403: Answer(403, _PAGE.format("403 Forbidden"), _HTML),
    FaultKind.HTML_502: Answer(502, _PAGE.format("502 Bad Gateway"), _HTML),
    FaultKind.HTML_200: Answer(200, _PAGE.format("Maintenance"), _HTML),
    FaultKind.EMPTY_200: Answer(200, ""),
    FaultKind.BROKEN_200: Answer(200, '{"orderId": 12'),
    FaultKind.LIST_400: Answer(400, '["unexpected"]'),
}
"""What each kind says; DELAY, DROP and TIMEOUT say nothing of their own."""


@dataclass(slots=True, kw_only=True)
class FaultRule:
    """The `times` requests to `method` `path` that come after `skip` others go wrong.

    `executes`: the request is carried out all the same, and only the answer is lost (or late). `contains` narrows it to
    requests whose parameters contain this text.
    """

    kind: FaultKind
    method: str = ""
    path: str = ""
    executes: bool = False
    skip: int = 0
    times: int = 1
    seconds: float = 1.0
    contains: str = ""

    def meets(self, method: str, path: str, parameters: str) -> bool:
        """Whether the request is of those that it counts."""
        is_named = self.method in ("", method) and (not self.path or path.endswith(self.path))
        if self.kind is FaultKind.ERROR_1008 and _is_spared(method, parameters):
            return False
        return is_named and self.contains in parameters


def _is_spared(method: str, parameters: str) -> bool:
    """Whether the system's protection lets it through: cancels, and what can only reduce."""
    asked = parameters.lower()
    return method == "DELETE" or "reduceonly=true" in asked or "closeposition=true" in asked


@dataclass(slots=True)
class FaultPlan:
    """The rules that are waiting. `met` counts the requests that went wrong."""

    rules: list[FaultRule] = field(default_factory=list)
    met: int = 0

    def add(self, rule: FaultRule) -> None:
        """Wait for such requests."""
        self.rules.append(rule)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.rules.clear()

    def take(self, method: str, path: str, parameters: str) -> FaultRule | None:
        """The fault of this request, if it has one."""
        for rule in self.rules:
            if not rule.meets(method, path, parameters):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.times -= 1
            if rule.times <= 0:
                self.rules.remove(rule)
            self.met += 1
            return rule
        return None
