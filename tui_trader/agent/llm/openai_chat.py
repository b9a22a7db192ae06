"""ChatOpenAI behind the `ChatModel` port: built once, never retrying, never streaming, every error a named fault.

The only module that imports langchain_openai and openai; import it late (`open_chat` in `llm/connect.py`).
"""

import json
from collections.abc import Mapping
from typing import TypeAlias

import httpx2
import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatRequest, ChatUsage, ModelFault
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.journal.redact import SECRETS
from tui_trader.tools.ports import ToolSpec

_KEEP_ALIVE = 300.0
"""Seconds. The SDK's own five would cost a TCP and a TLS handshake each cycle."""
_CONNECT_WITHIN = 3.0

_Bound: TypeAlias = Runnable[LanguageModelInput, AIMessage]

_STATUS_FAULTS: tuple[tuple[type[openai.APIStatusError], Fault], ...] = (
    (openai.RateLimitError, Fault.RATE_LIMITED),
    (openai.AuthenticationError, Fault.UNAUTHORISED),
    (openai.PermissionDeniedError, Fault.UNAUTHORISED),
    (openai.NotFoundError, Fault.MODEL_UNKNOWN),
    (openai.InternalServerError, Fault.SERVER_ERROR),
)
"""Refusals by status; any other status means that the request was not to the service's liking."""

_GATEWAY_STATUSES = (502, 504)
"""Said by something in between: the service behind it may have worked, and charge. Other refusals cost nothing."""


class OpenAIChat:
    """One model at one OpenAI-compatible address."""

    def __init__(self, settings: ChatSettings) -> None:
        """Opens nothing; the first question connects."""
        self._settings = settings
        self._client = openai.DefaultAsyncHttpxClient(
            limits=httpx2.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=_KEEP_ALIVE),
        )
        self._model = ChatOpenAI(
            model=settings.model,
            base_url=settings.base_url,
            api_key=SecretStr(settings.api_key.get_secret_value()),
            # The library takes a proxy from the shell and then refuses a client of one's own; that client follows
            # the shell's HTTPS_PROXY by itself.
            openai_proxy=None,
            timeout=(min(_CONNECT_WITHIN, settings.timeout), settings.timeout),
            max_retries=0,
            max_completion_tokens=settings.max_output_tokens,
            reasoning_effort=settings.reasoning_effort,
            use_responses_api=settings.responses_api,
            disable_streaming=True,
            http_async_client=self._client,
        )
        self._bound: dict[tuple[str, ...], tuple[tuple[ToolSpec, ...], _Bound]] = {}

    @property
    def model(self) -> str:
        """The model's name."""
        return self._settings.model

    @property
    def max_output_tokens(self) -> int:
        """The longest reply that is asked for."""
        return self._settings.max_output_tokens

    async def ask(self, request: ChatRequest) -> ChatReply:
        """One call. Raises ModelFault; the error behind it is dropped, for its text may quote a key."""
        try:
            message = await self._with_tools(request.tools).ainvoke(_messages(request))
        except Exception as error:  # noqa: BLE001 - three libraries raise here; all of it ends in hold
            raise fault_of(error) from None
        return reply_of(message)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    def _with_tools(self, tools: tuple[ToolSpec, ...]) -> _Bound:
        """The model with these tools; bound once for as long as they stay the same."""
        names = tuple(tool.name for tool in tools)
        known = self._bound.get(names)
        if known is None or known[0] != tools:
            functions = [_function(tool) for tool in tools]
            known = self._bound[names] = (tools, self._model.bind_tools(functions, tool_choice="required"))
        return known[1]


def _messages(request: ChatRequest) -> list[BaseMessage]:
    """The conversation as the library wants it. Calls get ids of their own: a service may repeat or omit them."""
    messages: list[BaseMessage] = [SystemMessage(request.system), HumanMessage(request.user)]
    for number, turn in enumerate(request.turns, start=1):
        ids = [f"call_{number}_{place}" for place in range(1, len(turn.calls) + 1)]
        asked = [
            ToolCall(name=call.name, args=json.loads(call.arguments), id=name)
            for name, call in zip(ids, turn.calls, strict=True)
        ]
        messages.append(AIMessage("", tool_calls=asked))
        messages.extend(ToolMessage(answer, tool_call_id=name) for name, answer in zip(ids, turn.answers, strict=True))
    return messages


def fault_of(error: Exception) -> ModelFault:
    """The named fault of whatever the libraries raised."""
    match error:
        case openai.APITimeoutError() | TimeoutError():
            return ModelFault(Fault.TIMEOUT, may_cost=True)
        case openai.APIConnectionError():
            return ModelFault(Fault.CONNECTION, may_cost=not _never_sent(error))
        case openai.APIStatusError():
            named = next((fault for kind, fault in _STATUS_FAULTS if isinstance(error, kind)), Fault.REQUEST_REFUSED)
            return ModelFault(named, may_cost=error.status_code in _GATEWAY_STATUSES)
        case openai.LengthFinishReasonError():
            return ModelFault(Fault.TRUNCATED, may_cost=True)
        case openai.ContentFilterFinishReasonError():
            return ModelFault(Fault.REFUSAL, may_cost=True)
        case _:
            return ModelFault(Fault.UNREADABLE, may_cost=True)


def _never_sent(error: BaseException) -> bool:
    """Whether the connection was not even made; each library wraps the other's error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
            return True
        cause = cause.__cause__
    return False


def reply_of(message: AIMessage) -> ChatReply:
    """The message without its library. Calls whose arguments were no JSON keep their text, for the decider to judge.

    A service, or a model that has seen too much, can quote a secret: redacted here, it is on no screen and in no row.
    """
    finish = str(message.response_metadata.get("finish_reason", ""))
    sound = [
        ChatCall(name=SECRETS(call["name"]), arguments=json.dumps(SECRETS.of_json(call["args"])))
        for call in message.tool_calls
    ]
    broken = [
        ChatCall(name=SECRETS(call["name"] or ""), arguments=SECRETS(call["args"] or ""))
        for call in message.invalid_tool_calls
    ]
    return ChatReply(
        text=SECRETS(message.text),
        calls=(*sound, *broken),
        refused=bool(message.additional_kwargs.get("refusal")) or finish == "content_filter",
        truncated=finish == "length",
        usage=_usage(message),
    )


def _usage(message: AIMessage) -> ChatUsage:
    counted = message.usage_metadata
    if counted is None:
        return ChatUsage()
    details = counted.get("input_token_details", {})
    return ChatUsage(
        input_tokens=counted["input_tokens"],
        output_tokens=counted["output_tokens"],
        # Other service tiers prefix the key: flex_cache_read.
        cache_read_tokens=_sum_of(details, "cache_read"),
        cache_write_tokens=_sum_of(details, "cache_creation"),
        reasoning_tokens=_sum_of(counted.get("output_token_details", {}), "reasoning"),
    )


def _sum_of(details: Mapping[str, object], suffix: str) -> int:
    return sum(value for key, value in details.items() if key.endswith(suffix) and isinstance(value, int))


def _function(tool: ToolSpec) -> dict[str, object]:
    """The tool as the wire wants it; `strict` is set here, since the library leaves ready-made dicts as they are."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": _plain(tool.parameters),
        "strict": True,
    }
    return {"type": "function", "function": function}


def _plain(value: object) -> object:
    """The same JSON in dicts and lists, whatever mappings and tuples it was made of."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
