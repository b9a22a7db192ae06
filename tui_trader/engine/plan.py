"""The plan of a run: prompt, symbols, market, decider and where time begins, decided before the clock starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui_trader.agent.llm.replay import Cassette
from tui_trader.agent.prompt import Prompt, load_prompt
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, WallClock, text
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.words import Mode, Symbol
from tui_trader.engine.cassettes import REPLAY, as_recorded, cassette_to_play
from tui_trader.engine.home import Home, HomeError
from tui_trader.engine.knowledge import Knowledge
from tui_trader.engine.live.conditions import decider_problem, feed_problem, require, wish_of
from tui_trader.engine.options import RunOptions
from tui_trader.engine.past import Past
from tui_trader.engine.resources import shipped
from tui_trader.engine.scouting import AUTO_PATIENCE, PATIENCE, BinanceSeen, LookAtBinance, looks_nowhere
from tui_trader.engine.settings import Settings, SettingsError
from tui_trader.market.choose import AUTO, FeedChoice, FeedKind, parse_feed
from tui_trader.market.ports import FeedError
from tui_trader.market.recording import Recording, read_recording
from tui_trader.market.synthetic import SEEDED_START
from tui_trader.risk.caps import capped
from tui_trader.risk.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will be made of. `market_seed` belongs to the synthetic market and outlives restarts."""

    options: RunOptions
    prompt: Prompt
    symbols: tuple[Symbol, ...]
    instruments: Mapping[Symbol, Instrument]
    choice: FeedChoice
    recorded: Recording | None
    decider: str
    decider_why: str
    cassette: Cassette | None
    """The recording that a replay plays."""
    past: Past
    """As it was before this run."""
    epoch: Instant
    market_start: Instant
    market_seed: int | None

    @property
    def deciding(self) -> str:
        """Whose decisions these are: a replay makes again those of the model that was recorded."""
        return "openai" if self.decider == REPLAY else self.decider

    @property
    def resumes_after(self) -> Instant | None:
        """The market time after which a restart goes on; None in a fresh home or on another market."""
        return self.epoch if self.past.last_time is not None and self.epoch >= self.past.last_time else None


@dataclass(frozen=True, slots=True)
class _Market:
    """Which market, told apart from others: kind, files or seed, and where it begins."""

    identity: str
    start: Instant
    seed: int | None = None


def plan_of(options: RunOptions, knowledge: Knowledge, look: LookAtBinance = looks_nowhere) -> Plan:
    """Read prompt and market, choose symbols and decider. Raises PolicyError, FeedError, SettingsError, HomeError.

    `look` is called once where Binance's market is asked for, or may be chosen.
    """
    past = replace(knowledge.past)
    _check_mode(options, past)
    decider, why = _chosen_decider(options.decider, options.settings)
    cassette = cassette_to_play(options) if decider == REPLAY else None
    if cassette is not None:
        options, why = as_recorded(options, cassette), f"plays {cassette.name}"
    prompt = prompt_of(options)
    prompt.rendered()  # a template that does not render is refused before anything is written
    instruments = {symbol: found for symbol in known_symbols() if (found := instrument(symbol)) is not None}
    symbols = _wanted(options, prompt.policy)
    choice, seen = _chosen_feed(options, knowledge, symbols, look)
    recorded = read_recording(choice.paths, symbols, instruments) if choice.kind is FeedKind.FILE else None
    market = _market_of(options, past, choice, recorded) if seen is None else _Market(seen.identity, seen.time)
    _refuse_change(market, knowledge, choice, options.home)
    if seen is not None:
        instruments = dict(seen.instruments)
    chosen = tuple(recorded.symbols) if recorded else tuple(s for s in symbols if seen is None or s in instruments)
    return Plan(
        options=options,
        prompt=prompt,
        symbols=chosen,
        instruments={symbol: instruments[symbol] for symbol in chosen if symbol in instruments},
        choice=choice,
        recorded=recorded,
        decider=decider,
        decider_why=why,
        cassette=cassette,
        past=past,
        epoch=_epoch(market, past, options.home),
        market_start=market.start,
        market_seed=market.seed,
    )


def prompt_of(options: RunOptions) -> Prompt:
    """The prompt asked for, with the account's caps in its limits: the model reads what the gate enforces.

    Raises PolicyError.
    """
    found = load_prompt(options.prompt, (options.home.prompts, shipped("prompts")))
    return found if options.caps is None else replace(found, policy=capped(found.policy, options.caps))


def _check_mode(options: RunOptions, past: Past) -> None:
    match options.mode:
        case Mode.LIVE:
            require(wish_of(options))
        case Mode.DEMO:
            if why := feed_problem(options.mode, options.feed) or decider_problem(options.mode, options.decider):
                raise SettingsError(why)
        case Mode.PAPER:
            pass
    if options.mode is not Mode.LIVE and options.accepted_live is not None:
        raise SettingsError(f"--i-accept-live: this run is in mode {options.mode.value}. Leave it out.")
    if options.feed == FeedKind.BINANCE.value and options.speed != 1.0:
        raise SettingsError("--speed: a live market goes at its own pace. Leave it out, or use another feed.")
    if past.opened is not None and past.opened.mode is not options.mode:
        raise HomeError(
            f"{options.home.folder}: belongs to mode {past.opened.mode.value} and stays so. "
            f"Use --mode {past.opened.mode.value}, or another folder with --home."
        )


def _wanted(options: RunOptions, policy: Policy) -> tuple[Symbol, ...]:
    """The policy's symbols, narrowed by `--symbols`."""
    asked = tuple(Symbol(symbol.upper()) for symbol in options.symbols)
    outside = [symbol for symbol in asked if symbol not in policy.symbols]
    if outside:
        raise SettingsError(
            f"--symbols {','.join(outside)}: not in the policy of {policy.name}, which has "
            f"{', '.join(policy.symbols)}. Name one of those, or add it to the prompt."
        )
    return asked or policy.symbols


def _chosen_decider(asked: str, settings: Settings) -> tuple[str, str]:
    """The decider, and why where the program chose."""
    match asked:
        case "auto" if settings.model_key is not None:
            return "openai", "auto: a model key is set"
        case "auto":
            return "rules", "auto: no model key is set, so the documented baseline decides"
        case "openai" if settings.model_key is None:
            raise SettingsError(
                "--decider openai: no model key is set. Set TUI_TRADER_OPENAI__API_KEY (or OPENAI_API_KEY), "
                "or use --decider rules."
            )
        case "openai" | "rules" | "replay":
            return asked, ""
        case _:
            raise SettingsError(f"--decider {asked}: not known. Use auto, openai, rules or replay.")


def _chosen_feed(
    options: RunOptions, knowledge: Knowledge, symbols: Sequence[Symbol], look: LookAtBinance
) -> tuple[FeedChoice, BinanceSeen | None]:
    """The feed asked for, or what `auto` comes to; with it what was seen of Binance. Raises FeedError."""
    if options.feed != AUTO:
        choice = parse_feed(options.feed)
        if choice.kind is not FeedKind.BINANCE:
            return choice, None
        seen = look(options, symbols, PATIENCE)
        if isinstance(seen, str):
            raise FeedError(f"--feed binance: {seen}. Try again later, or use --feed synthetic or file:PATH.")
        return choice, seen
    if why := _auto_is_synthetic(options, knowledge):
        return FeedChoice(FeedKind.SYNTHETIC, why=f"auto: the synthetic market, since {why}"), None
    seen = look(options, symbols, AUTO_PATIENCE)
    if isinstance(seen, str):
        return FeedChoice(FeedKind.SYNTHETIC, why=f"auto: the synthetic market, since {seen}"), None
    return FeedChoice(FeedKind.BINANCE, why="auto: Binance's public data answer"), seen


def _auto_is_synthetic(options: RunOptions, knowledge: Knowledge) -> str:
    """Why Binance need not even be asked; empty where it is."""
    if options.seed is not None:
        return "a seed is given"
    if options.speed != 1.0:
        return "a live market has a pace of its own"
    last = knowledge.past.last_start
    is_held = knowledge.ledger.positions or knowledge.ledger.open_orders()
    return "positions or orders are open on it" if is_held and last and last.market_seed is not None else ""


def _market_of(options: RunOptions, past: Past, choice: FeedChoice, recorded: Recording | None) -> _Market:
    """The market asked for."""
    if recorded is not None:
        names = ",".join(sorted(path.name for path in choice.paths))
        return _Market(f"file:{names}", recorded.start)
    return _synthetic(options.seed, past)


def _refuse_change(market: _Market, knowledge: Knowledge, choice: FeedChoice, home: Home) -> None:
    """The market may differ from the last run's only when nothing is held and nothing works. Raises HomeError."""
    last = knowledge.past.last_start
    if last is None or not (knowledge.ledger.positions or knowledge.ledger.open_orders()):
        return
    # With an order book, orders trade by other rules.
    as_with_book = (last.feed == FeedKind.SYNTHETIC_DEPTH.value) is (choice.kind is FeedKind.SYNTHETIC_DEPTH)
    if _identity(last.feed, last.market_seed) != market.identity or not as_with_book:
        raise HomeError(
            f"{home.folder}: positions or orders are open on the market {last.feed}; "
            "a paper home changes its market only when flat. Flatten first, or use another folder with --home."
        )


def _synthetic(seed: int | None, past: Past) -> _Market:
    last = past.last_start
    if last is not None and last.market_seed is not None and seed in (None, last.market_seed):
        return _Market(f"synthetic:{last.market_seed}", last.market_start, last.market_seed)
    if seed is not None:
        return _Market(f"synthetic:{seed}", SEEDED_START, seed)
    drawn = int.from_bytes(Chance(None).salt("market")[:6])
    return _Market(f"synthetic:{drawn}", WallClock().now(), drawn)


def _identity(feed: str, seed: int | None) -> str:
    if seed is not None:
        return f"synthetic:{seed}"
    if feed == FeedKind.BINANCE.value:
        return feed
    names = (part.rsplit("/", 1)[-1] for part in feed.removeprefix("file:").split(","))
    return f"file:{','.join(sorted(names))}"


def _epoch(market: _Market, past: Past, home: Home) -> Instant:
    """Where time begins: a fresh home at the market's start, a used one after its last row."""
    last = past.last_start
    if past.last_time is None:
        return market.start
    same = last is not None and _identity(last.feed, last.market_seed) == market.identity
    if not same and market.start < past.last_time:
        raise HomeError(
            f"{home.folder}: its time is {text(past.last_time)}, and this market begins earlier, at "
            f"{text(market.start)}. Use another folder with --home."
        )
    return max(market.start, past.last_time)
