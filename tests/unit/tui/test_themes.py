"""Themes: the shipped ones are good and legible, a user's own wins, a bad one costs one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui_trader.engine.resources import shipped
from tui_trader.tui.themes import Meanings, load_themes, theme_variable_defaults

_NAMES = ("clear", "light", "midnight", "mono")
_PROTAN = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
_DEUTAN = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
"""Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB."""


def _linear(colour: Color) -> tuple[float, float, float]:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    return channel(colour.r), channel(colour.g), channel(colour.b)


def _luminance(colour: Color) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    low, high = sorted(_luminance(Color.parse(text)) for text in (one, other))
    return (high + 0.05) / (low + 0.05)


def _seen(colour: Color, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    """CIE Lab of the colour as it is seen with the given deficiency."""
    rgb = [min(1.0, max(0.0, sum(m * c for m, c in zip(row, _linear(colour), strict=True)))) for row in matrix]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    xyz = [sum(m * c for m, c in zip(row, rgb, strict=True)) / w for row, w in zip(to_xyz, white, strict=True)]
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def test_the_shipped_themes_are_all_good() -> None:
    loaded = load_themes([shipped("themes")])
    assert loaded.problems == ()
    assert tuple(sorted(theme.name for theme in loaded.themes)) == _NAMES


@pytest.mark.parametrize("name", _NAMES)
def test_every_meaning_can_be_read_on_its_ground(name: str) -> None:
    (theme,) = (theme for theme in load_themes([shipped("themes")]).themes if theme.name == name)
    assert theme.background is not None
    assert theme.surface is not None
    for meaning, colour in theme.variables.items():
        assert _contrast(colour, theme.background) >= 4.5, meaning
        assert _contrast(colour, theme.surface) >= 4.5, meaning


@pytest.mark.parametrize("theme", [theme for theme in BUILTIN_THEMES.values() if not theme.ansi], ids=lambda t: t.name)
def test_the_defaults_can_be_read_on_every_theme_of_textual(theme: object) -> None:
    built_in = BUILTIN_THEMES[str(getattr(theme, "name", ""))]
    ground = built_in.to_color_system().generate()["background"]
    for meaning, colour in theme_variable_defaults(dark=built_in.dark).items():
        assert _contrast(colour, ground) >= 3, meaning


@pytest.mark.parametrize("matrix", [_PROTAN, _DEUTAN])
def test_up_and_down_of_the_clear_theme_differ_for_the_colour_blind(matrix: tuple[tuple[float, ...], ...]) -> None:
    (clear,) = (theme for theme in load_themes([shipped("themes")]).themes if theme.name == "clear")
    up, down = (_seen(Color.parse(clear.variables[key]), matrix) for key in ("up", "down"))
    assert sum((a - b) ** 2 for a, b in zip(up, down, strict=True)) ** 0.5 >= 60


def test_every_meaning_has_a_default() -> None:
    for dark in (True, False):
        assert set(theme_variable_defaults(dark=dark)) == set(Meanings.model_fields)


def _changed(tmp_path: Path, change: Callable[[dict[str, object]], None]) -> Path:
    content = yaml.safe_load((shipped("themes") / "midnight.yaml").read_text(encoding="utf-8"))
    change(content)
    (tmp_path / "midnight.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


def test_a_users_theme_wins_over_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    mine = _changed(tmp_path, lambda content: content.update(primary="#123456"))
    loaded = load_themes([shipped("themes"), mine])
    assert [theme.primary for theme in loaded.themes if theme.name == "midnight"] == ["#123456"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content.update(primary="grean"), "primary: 'grean' is not a colour; write #RRGGBB"),
        (lambda content: content["meanings"].pop("up"), "meanings.up is missing"),
        (lambda content: content.update(blink="yes"), "blink is not a setting of a theme; remove it"),
        (lambda content: content.update(name="My Theme"), "name must be small letters"),
        (lambda content: content.update(dark="perhaps"), "dark: "),
        (lambda content: content.update(primary=12), "primary: "),
    ],
)
def test_a_bad_theme_costs_one_sentence_and_the_others_stay(
    tmp_path: Path, change: Callable[[dict[str, object]], None], said: str
) -> None:
    loaded = load_themes([shipped("themes"), _changed(tmp_path, change)])
    (problem,) = loaded.problems
    assert said in problem
    assert f"{tmp_path.name}/midnight.yaml" in problem
    assert "\n" not in problem
    assert len(loaded.themes) == len(_NAMES)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: [", "line 1: is not YAML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"", "holds no settings"),
        (b"- a\n- b\n", "holds no settings"),
        (b"name: !!python/object/apply:os.system ['true']\n", "is not YAML"),
        (b"#" * 70_000, "larger than 64 kB"),
    ],
)
def test_a_file_that_is_no_theme_is_left_out(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    loaded = load_themes([tmp_path])
    assert loaded.themes == ()
    assert said in loaded.problems[0]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert load_themes([tmp_path / "none"]).themes == ()
