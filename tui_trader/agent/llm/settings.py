"""Where a chat model is and how it is asked."""

from dataclasses import dataclass

from pydantic import SecretStr

MAX_OUTPUT_TOKENS = 1_500
"""Of a reply: four calls with their reasons, and room to think."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """An OpenAI-compatible endpoint and a model there.

    `timeout` in seconds bounds each read; the deadline of the whole call is the caller's. `responses_api` is never
    guessed from the model's name, because a compatible server usually has no such endpoint. `max_output_tokens`
    includes a model's hidden reasoning.
    """

    model: str
    api_key: SecretStr
    base_url: str = "https://api.openai.com/v1"
    timeout: float = 5.0
    max_output_tokens: int = MAX_OUTPUT_TOKENS
    reasoning_effort: str | None = None
    responses_api: bool = False
