"""Makes the decider of a plan; where a model decides, with its lines, its prices and its budget."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.llm.connect import open_line
from tui_trader.agent.llm.meter import Meter, ModelPrice
from tui_trader.agent.llm.metered import MeteredModel
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.core.clock import Clock
from tui_trader.engine.settings import PREFIX, Settings, SettingsError
from tui_trader.engine.wiring import Assembly
from tui_trader.journal.ports import Journal
from tui_trader.risk.policy import ModelLimits


def decider_of(assembly: Assembly, journal: Journal, clock: Clock) -> Decider:
    """The decider of the plan. A model's client is loaded only where a model decides. Raises SettingsError."""
    plan = assembly.plan
    if plan.decider == "rules":
        return RulesDecider()
    limits, settings = plan.prompt.policy.llm, plan.options.settings
    main = settings.openai.model or limits.model
    names = (main,) if limits.fallback_model is None else (main, limits.fallback_model)
    for name in names:
        _check_price(name, settings)
    lines = [open_line(_chat(name, settings, limits), clock) for name in names]
    model = MeteredModel(
        lines[0],
        fallback=lines[1] if len(lines) > 1 else None,
        meters=lambda name: Meter(name, _given_price(settings)),
        spending=assembly.meters.spending,
        limits=lambda: assembly.policy.current.llm,
        journal=journal,
        clock=clock,
    )
    return OpenAIDecider(model=model, prompt=assembly.prompt, clock=clock)


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
