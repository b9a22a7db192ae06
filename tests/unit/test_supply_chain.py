"""What is installed with the program: locked by hash, and under licences that an MIT program may be handed on with."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()

ALLOWED: Final = frozenset(
    {
        "MIT",
        "MIT-0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "Apache-2.0",
        "ISC",
        "PSF-2.0",
        "Python-2.0",
        "CNRI-Python",
        "Unlicense",
        "Zlib",
        "MPL-2.0",  # reaches its own files only, which are handed on as they are
    }
)
"""SPDX names. None asks that what merely uses the package comes under it."""

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MIT License": "MIT",
        "Apache Software License": "Apache-2.0",
        "Apache License 2.0": "Apache-2.0",
        "Apache License, Version 2.0": "Apache-2.0",
        "BSD License": "BSD-3-Clause",
        "ISC License (ISCL)": "ISC",
        "Python Software Foundation License": "PSF-2.0",
        "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
        "The Unlicense (Unlicense)": "Unlicense",
        "MIT License, Apache License, Version 2.0": "MIT AND Apache-2.0",
    }
)
"""What packages wrote before there were expressions."""

STATED_IN_A_FILE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "sqlcipher3": ("Zlib", "This notice may not be removed or altered from any source distribution."),
        "apsw": ("Zlib", "This notice may not be removed or altered from any source distribution."),
    }
)
"""Whose metadata say nothing, or nothing that can be read: the licence, and a sentence of it in one of its files."""


def locked() -> Iterator[Distribution]:
    """What the lock names and is installed here; the rest belongs to other systems."""
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", LOCK, re.MULTILINE):
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def licence_of(package: Distribution) -> str:
    """An SPDX expression; empty where the metadata name none that is known."""
    if (stated := STATED_IN_A_FILE.get(package.name)) is not None:
        return stated[0]
    about = package.metadata
    if expressions := about.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = [each.split(" :: ")[-1] for each in about.get_all("Classifier") or [] if each.startswith("License")]
    words = [each for each in classifiers if each not in ("DFSG approved", "OSI Approved")]
    words = words or "\n".join(about.get_all("License") or []).strip().splitlines()[:1]
    return " AND ".join(WORDS.get(each, each) for each in words)


def is_allowed(expression: str) -> bool:
    """Whether every part that must hold, and one of each that may be chosen, is on the list."""
    text = expression.replace("(", " ( ").replace(")", " ) ")
    while (inner := re.search(r"\(([^()]*)\)", text)) is not None:
        text = text[: inner.start()] + ("MIT" if is_allowed(inner[1]) else "refused") + text[inner.end() :]
    choices = re.split(r"\bOR\b", text)
    return any(all(part.strip() in ALLOWED for part in re.split(r"\bAND\b", choice)) for choice in choices)


def test_every_locked_package_is_under_a_licence_that_goes_with_ours() -> None:
    found = {package.name: licence_of(package) for package in locked()}
    assert len(found) > 80, "else nothing was looked at"
    assert {name: licence for name, licence in found.items() if not is_allowed(licence)} == {}


@pytest.mark.parametrize("name", STATED_IN_A_FILE)
def test_what_is_said_of_a_package_by_us_is_in_its_own_files(name: str) -> None:
    _, sentence = STATED_IN_A_FILE[name]
    package = distribution(name)
    files = [file for file in package.files or () if re.search("licen[cs]e|metadata", file.name, re.IGNORECASE)]
    assert any(sentence in " ".join(Path(str(file.locate())).read_text().split()) for file in files)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Apache-2.0 AND (GPL-2.0-only OR LGPL-3.0-only)", False),
        ("MIT AND GPL-3.0-or-later", False),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_the_list_decides(expression: str, *, expected: bool) -> None:
    assert is_allowed(expression) is expected


def test_every_package_of_the_lock_has_its_hashes() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK.strip())
    assert len(entries) > 80
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[<>=!~\[; ]", each)[0].lower().replace("_", "-") for each in asked}
    assert names - set(re.findall(r"^([a-z0-9.-]+)==", LOCK, re.MULTILINE)) == set()


def judged(report: object, said: str = "") -> tuple[str, int]:
    """What `.ci/run` makes of a report of pip-audit."""
    file = spec_from_file_location("advisories", ROOT / ".ci" / "advisories.py")
    assert file is not None
    assert file.loader is not None
    module = module_from_spec(file)
    file.loader.exec_module(module)
    words, code = module.judged(report if isinstance(report, str) else json.dumps(report), said)
    return str(words), int(code)


SOUND = {"name": "a", "version": "1", "vulns": []}
HARMED = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
UNASKED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("report", "code", "words"),
    [
        ({"dependencies": [SOUND, UNASKED]}, 0, "1 of 2 packages looked up, no known vulnerability"),
        ({"dependencies": [SOUND, HARMED]}, 1, "b 2: CVE-1, mended in 2.1"),
        ({"dependencies": [UNASKED]}, 0, "SKIPPED: not one"),  # which the tool itself calls "no known vulnerabilities"
        ({"dependencies": []}, 0, "SKIPPED: not one"),
        ("", 0, "SKIPPED: no advisory service answered"),
        ("[]", 0, "SKIPPED: no advisory service answered"),
    ],
)
def test_what_was_not_looked_up_is_not_said_to_be_sound(report: object, code: int, words: str) -> None:
    said, ended = judged(report, "ConnectionError")
    assert (ended, said[: len(words)]) == (code, words)


def test_what_the_readme_installs_is_the_lock_with_its_hashes() -> None:
    installs = re.findall(r"pip install [^&\n]+", (ROOT / "README.md").read_text())
    from_the_lock = [each for each in installs if "requirements.lock" in each]
    assert from_the_lock
    assert all("--require-hashes" in each for each in from_the_lock)
    assert all("--no-deps" in each for each in installs if each not in from_the_lock)
