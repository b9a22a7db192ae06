"""Who decides: the documented rules, a model by function calling, both behind one protocol.

A decider proposes tool calls and names its faults; it neither trades nor asks the risk gate.
No model client here (that is `llm/`), and no LangGraph.
"""
