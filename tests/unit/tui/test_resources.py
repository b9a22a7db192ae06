"""The shipped files are found in a wheel and in a checkout, and their absence is one sentence."""

from pathlib import Path

import pytest

from tui_trader.engine import resources
from tui_trader.engine.resources import ResourceMissing, shipped


def test_a_checkout_has_them_at_its_top_level() -> None:
    assert shipped("themes").name == "themes"
    assert (shipped("themes") / "midnight.yaml").is_file()


def test_a_wheel_has_them_inside_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inside, beside = tmp_path / "package" / "_data" / "prompts", tmp_path / "prompts"
    for folder in (inside, beside):
        folder.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "package")
    assert shipped("prompts") == inside


def test_a_damaged_installation_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "package")
    with pytest.raises(ResourceMissing, match="the shipped themes are missing"):
        shipped("themes")
