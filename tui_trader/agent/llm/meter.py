"""What a model call costs: prices from genai-prices' bundled table, and a configured worst case where it has none."""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.agent.llm.ports import ChatRequest, ChatUsage
from tui_trader.core.money import Money

_MILLION = Decimal(1_000_000)
_CHARACTERS_A_TOKEN = 3
"""Few on purpose: figures and JSON break into short tokens, and a reservation must not be too small. Measured texts
of this kind run at 3.2 to 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstPrice:
    """USD for a million tokens, counted where a model's price is not known. Above today's usual deciding models."""

    input: Money = Decimal(10)
    output: Money = Decimal(60)


@dataclass(frozen=True, slots=True)
class Meter:
    """Prices calls of one model."""

    model: str
    worst: WorstPrice = WorstPrice()

    def price(self, usage: ChatUsage) -> Money | None:
        """USD for this usage, or None where the model's price is not known."""
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
        if known is not None:
            return known
        return (usage.input_tokens * self.worst.input + usage.output_tokens * self.worst.output) / _MILLION

    def reserve(self, request: ChatRequest, max_output_tokens: int) -> Money:
        """The most that this request can cost: estimated generously, nothing cached, the longest reply."""
        return self.charge(
            ChatUsage(input_tokens=request.characters // _CHARACTERS_A_TOKEN + 1, output_tokens=max_output_tokens)
        )
