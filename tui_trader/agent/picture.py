"""The decision graph as a picture: Mermaid by LangGraph, and lines for a terminal."""

from tui_trader.agent.graph import build_graph

_NAME_WIDTH = 16
_HOLD = " ── hold ──┐"
_RAIL = "│".rjust(len(_HOLD))
_JOIN = " ◄".ljust(len(_HOLD) - 1, "─") + "┘"


def mermaid() -> str:
    """The graph in Mermaid's notation."""
    return build_graph().get_graph().draw_mermaid()


def ascii_art() -> str:
    """The graph as text: nodes from top to bottom, and the `hold` edges along the right side to the record.

    Drawn from the compiled graph's edges, so that it cannot tell of another graph than the one that runs.
    """
    edges = build_graph().get_graph().edges
    forward = {edge.source: edge.target for edge in edges if edge.data != "hold"}
    holding = {edge.source for edge in edges if edge.data == "hold"}
    lines: list[str] = []
    name = forward["__start__"]
    while (after := forward.get(name)) is not None:
        is_last = after == "__end__"
        lines.append(f"[ {name:<{_NAME_WIDTH}} ]" + (_HOLD if name in holding else _JOIN if is_last else _RAIL))
        if not is_last:
            lines.append("│".center(_NAME_WIDTH + 4) + _RAIL)
        name = after
    return "\n".join(lines) + "\n"
