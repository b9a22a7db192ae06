"""Settings: flags over environment over `config.toml` over defaults; what is not known is refused by name."""

import os
import shlex
import tomllib
from contextlib import suppress
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError

from tui_trader.core.words import Mode
from tui_trader.journal.redact import SECRETS
from tui_trader.risk.caps import LiveCaps, proposal

PREFIX = "TUI_TRADER_"
_CAPS = "live_caps"
_OUTSIDE_THE_MODEL = frozenset({f"{PREFIX}HOME"})


class SettingsError(Exception):
    """A setting is wrong or unknown; the sentence names it and the fix, never its value."""


def _listed(value: object) -> object:
    """A list, or its members in one text, separated by commas, as on the command line."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _words(value: object) -> object:
    """A command: a list of words, or one text that is split as a shell would split it."""
    return tuple(shlex.split(value)) if isinstance(value, str) else value


Words: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
UsdPerMillion: TypeAlias = Annotated[Decimal, Field(ge=0, le=10_000, allow_inf_nan=False)] | None


class BinanceSettings(BaseModel):
    """Where Binance is, and the account's keys."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    rest_url: str | None = None
    stream_url: str | None = None
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None


class PaperSettings(BaseModel):
    """How far away the paper exchange is. Each request takes its own time: `latency_ms`, and a tail on top."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    latency_ms: Annotated[int, Field(ge=0, le=2_000)] = 50
    """Milliseconds that every request takes to the exchange."""
    jitter_ms: Annotated[int, Field(ge=0, le=150)] = 20
    """The mean of the tail, in milliseconds; zero: every request takes the same."""


class AnchorSettings(BaseModel):
    """Where the journal's head is kept besides in this home, so that nobody here can cut the log back unseen."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    file: Path | None = None
    """A line is added to it; best on another disk, or one that this user may only add to."""
    command: Words = ()
    """Gets the line on its input. Words as in a shell, but no shell runs it."""
    every_seconds: Annotated[int, Field(ge=1, le=3_600)] = 60


class AlertSettings(BaseModel):
    """A command that tells a person what should not wait: by mail, by a message, by a lamp."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    command: Words = ()
    """Gets one JSON object on its input for each alert. Words as in a shell, but no shell runs it."""
    every_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Between two alerts of one kind; what comes in between is counted, and the last of it told when that is over."""


class SecretsSettings(BaseModel):
    """Where secrets lie; `credentials.py` asks these before it takes what the environment or the file says."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    folder: Path | None = None
    """One file a secret, named as the secret is. systemd's $CREDENTIALS_DIRECTORY needs no setting."""
    keyring: bool = False
    openai_api_key_command: Words = ()
    binance_api_key_command: Words = ()
    binance_api_secret_command: Words = ()
    journal_key_command: Words = ()
    """A command prints the secret: `pass show trader/openai`, `age -d -i key secret.age`. No shell runs it."""


class OpenAISettings(BaseModel):
    """Where the model is. Any OpenAI-compatible server will do."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    base_url: str = "https://api.openai.com/v1"
    api_key: SecretStr | None = None
    model: str | None = None
    """None: the prompt's `llm.model`."""
    responses_api: bool = False
    input_usd_per_million: UsdPerMillion = None
    output_usd_per_million: UsdPerMillion = None
    """What a million tokens cost at this address, for every model there; None: as the price table says. 0: free."""

    @model_validator(mode="after")
    def _prices_come_in_pairs(self) -> "OpenAISettings":
        if (self.input_usd_per_million is None) is not (self.output_usd_per_million is None):
            raise PydanticCustomError("price", "set both input_usd_per_million and output_usd_per_million")
        return self


class _ExactToml(TomlConfigSettingsSource):
    """Figures with a point are Decimals from the file on: none of them passes through a float."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(file_path.read_text(encoding="utf-8"), parse_float=Decimal)


class Settings(BaseSettings):
    """What can be set once and for all; the command line's options override it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        hide_input_in_errors=True,
        frozen=True,
    )

    mode: Mode = Mode.PAPER
    feed: str = "auto"
    symbols: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    prompt: str = "trader"
    decider: Literal["auto", "openai", "rules", "replay"] = "auto"
    cassette: str | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    speed: str = "1"
    theme: str = "midnight"
    mouse: bool | None = None
    """Whether the console takes the mouse; None: yes, except over SSH."""
    paper: PaperSettings = Field(default_factory=PaperSettings)
    hangs_after_seconds: Annotated[int, Field(ge=5, le=600)] = 20
    """Real seconds without an answer of the engine's loop after which the process ends itself."""
    langsmith_tracing: bool = False
    """Whether prompts and state of each decision go to LangSmith; the shell's own variables alone change nothing."""
    binance: BinanceSettings = Field(default_factory=BinanceSettings)
    openai: OpenAISettings = Field(default_factory=OpenAISettings)
    secrets_from: SecretsSettings = Field(default_factory=SecretsSettings)
    anchor: AnchorSettings = Field(default_factory=AnchorSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    live_caps: LiveCaps | None = None
    """In the file alone: a variable that is inherited must not widen what the account's owner wrote."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias=AliasChoices("OPENAI_API_KEY"))
    """The usual variable is honoured too."""
    journal_key: SecretStr | None = None
    """64 hexadecimal digits; where it is set the home's files are encrypted."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the hook's signature is fixed
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; no `.env` is read."""
        return init_settings, env_settings, _ExactToml(settings_cls)

    @property
    def model_key(self) -> SecretStr | None:
        """The model's key, wherever it was set."""
        return self.openai.api_key or self.openai_api_key

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the redactor."""
        held = (self.binance.api_key, self.binance.api_secret, self.model_key, self.journal_key)
        return tuple(secret.get_secret_value() for secret in held if secret is not None)


def load_settings(config: Path) -> Settings:
    """Read environment and `config.toml` (which need not exist). Raises SettingsError."""
    _refuse_unknown_variables()
    _refuse_unreadable(config)

    class _FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=config)

    try:
        settings = _FromFile()
    except SourceError:
        # It says which field, and why in words that may quote what was given.
        raise SettingsError(
            f"environment: a section cannot be set as a whole; set its parts, such as {PREFIX}OPENAI__MODEL."
        ) from None
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        # A name that nobody knows comes before the one that it was meant to be, and that is missing for it.
        first = min(faults, key=lambda fault: fault["type"] != "extra_forbidden")
        name = ".".join(str(part) for part in first["loc"])
        hint = _hint(first["type"], tuple(map(str, first["loc"])))
        raise SettingsError(f"setting {name}: {first['msg']}.{hint} (environment or {config})") from None
    for secret in settings.secrets():
        with suppress(ValueError):  # too short to be one; whoever uses it says so
            SECRETS.register(secret)
    return settings


def written_mode(config: Path) -> Mode | None:
    """The mode that the file itself names, whatever flags and environment say. Raises SettingsError."""
    _refuse_unreadable(config)
    if not config.exists():
        return None
    said = tomllib.loads(config.read_text(encoding="utf-8")).get("mode")
    return next((mode for mode in Mode if mode.value == said), None)


def _hint(kind: str, path: tuple[str, ...]) -> str:
    """The way out of a wrong setting, where there is one to name."""
    if kind == "missing" and path[0] == _CAPS:
        return f" Every cap must be set; for a first start: {proposal(path[-1])}."
    return _nearest(path[-1], _fields_at(path[:-1])) if kind == "extra_forbidden" else ""


def _refuse_unreadable(config: Path) -> None:
    try:
        tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{config}: not valid TOML ({error}). Correct it or remove the file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config}: cannot be read ({type(error).__name__}). See to its rights.") from None


def _refuse_unknown_variables() -> None:
    """pydantic-settings ignores a misspelt variable; a limit or key that silently is not set must not pass."""
    for name in sorted(os.environ):
        if not name.upper().startswith(PREFIX) or name in _OUTSIDE_THE_MODEL:
            continue
        if name != name.upper():  # pydantic-settings would take it, and nothing here would know of it
            raise SettingsError(f"environment variable {name}: write such names in capitals, as {name.upper()}.")
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if path[0] == _CAPS:
            raise SettingsError(f"environment variable {name}: live_caps stand in config.toml alone. Unset it.")
        if not _is_known(path):
            raise SettingsError(f"environment variable {name} is not known.{_nearest(path[0], Settings)} Unset it.")


def _is_known(path: tuple[str, ...]) -> bool:
    """A section's own name is known, too: what is wrong with it is said where it is read."""
    return path[-1] in _fields_at(path[:-1]).model_fields


def _fields_at(path: tuple[str, ...]) -> type[BaseModel]:
    """The section at this path; one without fields where there is none."""
    fields: type[BaseModel] = Settings
    for part in path:
        field = fields.model_fields.get(part)
        kinds = () if field is None else (field.annotation, *get_args(field.annotation))
        sections = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
        fields = next(sections, BaseModel)
    return fields


def _nearest(name: str, among: type[BaseModel]) -> str:
    close = get_close_matches(name, among.model_fields, n=1)
    return f" Did you mean {close[0]}?" if close else ""
