"""What a model call costs: the prices that the settings give, else genai-prices' bundled table, else a worst case."""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.agent.llm.canonical import canonical_request
from tui_trader.agent.llm.ports import ChatRequest, ChatUsage
from tui_trader.core.money import ZERO, Money

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """USD for a million tokens in and out."""

    input: Money
    output: Money

    def of(self, usage: ChatUsage) -> Money:
        """USD for this usage; a cache makes nothing cheaper here."""
        return (usage.input_tokens * self.input + usage.output_tokens * self.output) / _MILLION


WORST = ModelPrice(input=Decimal(10), output=Decimal(60))
"""Counted where a price is not known. Above today's usual deciding models."""


@dataclass(frozen=True, slots=True)
class Meter:
    """Prices calls of one model. `given` is the price that the settings name; it goes before the table."""

    model: str
    given: ModelPrice | None = None

    @property
    def is_known(self) -> bool:
        """Whether the model's price is known."""
        return self.price(ChatUsage(input_tokens=1, output_tokens=1)) is not None

    def price(self, usage: ChatUsage) -> Money | None:
        """USD for this usage, or None where the model's price is not known."""
        if self.given is not None:
            return self.given.of(usage)
        # Imported late: the price table costs a third of a second, and the rules never need it.
        from genai_prices import Usage, calc_price  # noqa: PLC0415

        try:
            found = calc_price(
                Usage(
                    input_tokens=usage.input_tokens,
                    output_tokens=usage.output_tokens,
                    cache_read_tokens=usage.cache_read_tokens,
                    cache_write_tokens=usage.cache_write_tokens,
                ),
                self.model,
                provider_id="openai",
            )
        except (LookupError, ValueError):
            return None
        return found.total_price

    def charge(self, usage: ChatUsage) -> Money:
        """USD to count against the budget: the price, or the worst price where it is not known."""
        known = self.price(usage)
        return WORST.of(usage) if known is None else known

    def reserve(self, request: ChatRequest, max_output_tokens: int) -> Money:
        """The most that this request can cost: a token for each byte, all of it newly cached, and the longest reply.

        No tokeniser that works on bytes makes more tokens than there are bytes; figures and foreign scripts come near.
        """
        tokens = len(canonical_request(request).encode("utf-8", "surrogatepass"))
        plain = ChatUsage(input_tokens=tokens, output_tokens=max_output_tokens)
        written = ChatUsage(input_tokens=tokens, output_tokens=max_output_tokens, cache_write_tokens=tokens)
        return max(self.charge(plain), self.charge(written), ZERO)
