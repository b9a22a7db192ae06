"""Themes as files: YAML to a checked ThemeFile to a Textual theme, with the colours that have a meaning here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from textual.color import Color, ColorParseError
from textual.theme import Theme

_SIZE_LIMIT = 64 * 1024
"""Bytes. A theme has twenty lines; what is larger is not a theme."""


def _colour(text: str) -> str:
    try:
        Color.parse(text)
    except ColorParseError as error:
        raise ValueError(f"{text!r} is not a colour; write #RRGGBB or a colour's name") from error
    return text


Colour = Annotated[str, AfterValidator(_colour)]


class Meanings(BaseModel):
    """The colours that carry a meaning; each becomes the style sheets' variable of its name (`$up`, `$down`, …)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    up: Colour
    """Prices that rose, money that was gained."""
    down: Colour
    flat: Colour
    """What did not move; also titles, labels, and figures that are stale."""
    bid: Colour
    ask: Colour
    own: Colour
    """The user's own orders among others."""
    danger: Colour
    paper: Colour
    live: Colour
    demo: Colour


class ThemeFile(BaseModel):
    """One file of a `themes` folder. All keys but the last ones are Textual's; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    dark: bool
    primary: Colour
    secondary: Colour
    accent: Colour
    foreground: Colour
    background: Colour
    surface: Colour
    panel: Colour
    success: Colour
    warning: Colour
    error: Colour
    meanings: Meanings

    def to_textual(self) -> Theme:
        """The same as Textual wants it."""
        return Theme(
            **self.model_dump(exclude={"meanings"}),
            variables=self.meanings.model_dump(),
        )


_ON_DARK = Meanings(
    up="#4EBF71",
    down="#F0657A",
    flat="#9AA5B1",
    bid="#4EBF71",
    ask="#F0657A",
    own="#E5C07B",
    danger="#FF5C5C",
    paper="#5FB3F9",
    live="#FF7A6B",
    demo="#D7A0F5",
)
_ON_LIGHT = Meanings(
    up="#0B6B34",
    down="#A8182E",
    flat="#55606B",
    bid="#0B6B34",
    ask="#A8182E",
    own="#7A4B00",
    danger="#B00020",
    paper="#0B57A4",
    live="#A32A00",
    demo="#6D2C91",
)
"""Darker, because on white the usual pair has a contrast below four."""


def theme_variable_defaults(*, dark: bool = True) -> dict[str, str]:
    """The variables for themes that do not know them, such as Textual's own; on light ground a darker set.

    For `App.get_theme_variable_defaults`: `return theme_variable_defaults(dark=self.current_theme.dark)`.
    """
    meanings: dict[str, str] = (_ON_DARK if dark else _ON_LIGHT).model_dump()
    return meanings


@dataclass(frozen=True, slots=True)
class LoadedThemes:
    """What the folders held: the good themes by name, and a sentence for each file that was left out."""

    themes: tuple[Theme, ...]
    problems: tuple[str, ...]


class ThemeInvalid(Exception):
    """A theme file cannot be used; the sentence names the file, the place and the fix."""


def load_themes(folders: Iterable[Path]) -> LoadedThemes:
    """All themes of the folders, given from the weakest to the strongest: a later one wins over a name.

    Never raises for what is in a folder; a folder that is not there is an empty one.
    """
    found: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            try:
                theme = read_theme(path)
            except ThemeInvalid as problem:
                problems.append(str(problem))
            else:
                found[theme.name] = theme
    return LoadedThemes(tuple(found.values()), tuple(problems))


def read_theme(path: Path) -> Theme:
    """One theme file. Raises ThemeInvalid."""
    where = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise ThemeInvalid(f"{where}: larger than {_SIZE_LIMIT // 1024} kB, so it is no theme; remove it")
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ThemeInvalid(f"{where}: cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        raise ThemeInvalid(f"{where}: is not UTF-8 text; save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise ThemeInvalid(f"{where}{_line_of(error)}: is not YAML; compare it with a shipped theme") from error
    if not isinstance(content, dict):
        raise ThemeInvalid(f"{where}: holds no settings; compare it with a shipped theme")
    try:
        return ThemeFile.model_validate(content).to_textual()
    except ValidationError as error:
        raise ThemeInvalid(f"{where}: {_first_fault(error)}") from error


def _line_of(error: yaml.YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return "" if mark is None else f", line {mark.line + 1}"


def _first_fault(error: ValidationError) -> str:
    """The first thing that is wrong, as a sentence; one at a time is enough to mend a file."""
    fault = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in fault["loc"])
    match fault["type"]:
        case "missing":
            return f"{key} is missing; every colour must be set"
        case "extra_forbidden":
            return f"{key} is not a setting of a theme; remove it"
        case "string_pattern_mismatch":
            return f"{key} must be small letters, digits and hyphens, at most 32"
        case _:
            return f"{key}: {re.sub(r'^Value error, ', '', fault['msg'])}"
