"""The pictures show the graph that runs."""

from pathlib import Path

from tui_trader.agent.picture import ascii_art, mermaid
from tui_trader.agent.trace import NodeName


def test_mermaid_names_every_node_and_both_kinds_of_edge() -> None:
    text = mermaid()
    assert all(name.value in text for name in NodeName)
    assert "hold" in text
    assert "go" in text


def test_the_lines_show_the_nodes_from_top_to_bottom_and_where_hold_leads() -> None:
    lines = ascii_art().splitlines()
    nodes = [line.split()[1] for line in lines if line.startswith("[")]
    assert nodes == [name.value for name in NodeName]
    assert [line.split()[1] for line in lines if "hold" in line] == nodes[:5]
    assert "◄" in lines[-1]
    assert max(map(len, lines)) < 80


def test_the_picture_in_the_readme_is_the_graph_that_runs() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    drawn = readme.split("```mermaid\n", 1)[1].split("```", 1)[0]
    assert drawn == mermaid()
