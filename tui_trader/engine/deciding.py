"""Makes the decider of a plan; where a model decides, with its lines, its prices, its budget and its recording."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address
from urllib.parse import urlsplit

from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.llm.cassette import Recorder
from tui_trader.agent.llm.connect import open_line
from tui_trader.agent.llm.lines import Line
from tui_trader.agent.llm.meter import Meter, ModelPrice
from tui_trader.agent.llm.metered import MeteredModel
from tui_trader.agent.llm.replay import Cassette, Misses, ReplayLine
from tui_trader.agent.llm.settings import MAX_OUTPUT_TOKENS, ChatSettings
from tui_trader.agent.llm.tape import Header
from tui_trader.core.clock import Clock
from tui_trader.core.money import plain
from tui_trader.engine.cassettes import cassette_to_write
from tui_trader.engine.settings import PREFIX, Settings, SettingsError
from tui_trader.engine.wiring import Assembly
from tui_trader.journal.ports import Journal
from tui_trader.journal.redact import SECRETS
from tui_trader.risk.policy import ModelLimits


@dataclass(frozen=True, slots=True)
class Deciding:
    """The decider, and what it misses where it plays a recording."""

    decider: Decider
    misses: Misses


def decider_of(assembly: Assembly, journal: Journal, clock: Clock) -> Deciding:
    """The decider of the plan. A model's client is loaded only where one is asked. Raises SettingsError."""
    plan, misses = assembly.plan, Misses()
    if plan.cassette is not None:
        return Deciding(_replaying(assembly, plan.cassette, misses, journal, clock), misses)
    if plan.decider == "rules":
        return Deciding(RulesDecider(), misses)
    return Deciding(_asking(assembly, journal, clock), misses)


def _asking(assembly: Assembly, journal: Journal, clock: Clock) -> Decider:
    """A model at its service, every exchange recorded."""
    plan = assembly.plan
    limits, settings = plan.prompt.policy.llm, plan.options.settings
    price = _given_price(settings)
    header = Header(
        seed=plan.options.seed,
        feed=plan.choice.name,
        symbols=plan.symbols,
        prompt_sha256=assembly.prompt.rendered.sha256,
        model=settings.openai.model or limits.model,
        fallback_model=limits.fallback_model,
        input_price=plain(price.input) if price is not None else None,
        output_price=plain(price.output) if price is not None else None,
    )
    for name in _models(header):
        _check_price(name, settings)
    path = cassette_to_write(plan.options, begins=plan.epoch, row=journal.head.seq)
    recorder = Recorder(path, header, redact=SECRETS, seal=plan.options.seal)
    lines = [open_line(_chat(name, settings, limits), clock, recorder.add) for name in _models(header)]
    model = _metered(assembly, lines, price, journal, clock, at_close=recorder.close)
    return OpenAIDecider(model=model, prompt=lambda: assembly.prompt.rendered, clock=clock)


def _replaying(assembly: Assembly, cassette: Cassette, misses: Misses, journal: Journal, clock: Clock) -> Decider:
    """The recorded models, under the same meter: what was spent is spent again, as it decides what is asked next."""
    header = cassette.header
    if header.prompt_sha256 != assembly.prompt.rendered.sha256:
        raise SettingsError(
            f"{cassette.name}: was recorded with other instructions than those of the prompt "
            f"{assembly.policy.current.name}. Name the prompt that it was recorded with, unchanged, with --prompt."
        )
    price = None
    if header.input_price is not None and header.output_price is not None:
        price = ModelPrice(input=Decimal(header.input_price), output=Decimal(header.output_price))
    tokens = MAX_OUTPUT_TOKENS
    lines = [ReplayLine(cassette, clock, misses, model=name, max_output_tokens=tokens) for name in _models(header)]
    model = _metered(assembly, lines, price, journal, clock)
    return OpenAIDecider(model=model, prompt=lambda: assembly.prompt.rendered, clock=clock)


def _models(header: Header) -> tuple[str, ...]:
    return (header.model,) if header.fallback_model is None else (header.model, header.fallback_model)


def _metered(
    assembly: Assembly,
    lines: Sequence[Line],
    price: ModelPrice | None,
    journal: Journal,
    clock: Clock,
    *,
    at_close: Callable[[], None] = lambda: None,
) -> MeteredModel:
    return MeteredModel(
        lines[0],
        fallback=lines[1] if len(lines) > 1 else None,
        meters=lambda name: Meter(name, price),
        spending=assembly.meters.spending,
        limits=lambda: assembly.policy.current.llm,
        journal=journal,
        clock=clock,
        at_close=at_close,
    )


def _chat(model: str, settings: Settings, limits: ModelLimits) -> ChatSettings:
    key = settings.model_key
    assert key is not None  # the plan refuses a model without a key
    return ChatSettings(
        model=model,
        api_key=key,
        base_url=settings.openai.base_url,
        timeout=limits.deadline,
        responses_api=settings.openai.responses_api,
    )


def _given_price(settings: Settings) -> ModelPrice | None:
    put_in, put_out = settings.openai.input_usd_per_million, settings.openai.output_usd_per_million
    if put_in is None or put_out is None:
        return None
    return ModelPrice(input=put_in, output=put_out)


def _check_price(model: str, settings: Settings) -> None:
    """A model whose price nobody knows is not asked: no cap on its cost could be kept.

    A server on this very machine may be asked: it sends no bill of its own, and is counted at the worst price.
    """
    if Meter(model, _given_price(settings)).is_known or _is_here(settings.openai.base_url):
        return
    raise SettingsError(
        f"model {model[:60]}: its price is not known, so no budget could be kept. Set {PREFIX}OPENAI__"
        f"INPUT_USD_PER_MILLION and {PREFIX}OPENAI__OUTPUT_USD_PER_MILLION (0 for a model that is free)."
    )


def _is_here(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
