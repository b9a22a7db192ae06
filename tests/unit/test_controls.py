"""docs/CONTROLS.md tells the truth: every must is there, with tests that exist, or says what is open."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "CONTROLS.md").read_text(encoding="utf-8")
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (\d+) \|.*$", re.MULTILINE)
MUSTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 16, 17, 18, 19, 20, 27, 28)


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("node", sorted(set(NODE.findall(PAGE))), ids="::".join)
def test_every_test_that_is_named_exists(node: tuple[str, str]) -> None:
    file, name = node
    assert name.startswith("test_")
    assert name in functions_of(ROOT / file)


def test_every_control_that_is_a_must_has_its_row_with_a_test() -> None:
    rows = {int(row[1]): row[0] for row in ROW.finditer(PAGE)}
    assert tuple(rows) == MUSTS
    for number, row in rows.items():
        assert NODE.search(row), f"control {number} names no test"


def test_what_looks_like_the_name_of_a_test_is_one() -> None:
    assert PAGE.count("::test_") == len(NODE.findall(PAGE))
