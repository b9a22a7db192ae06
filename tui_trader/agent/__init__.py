"""The agent: the LangGraph of one decision, its nodes, the deciders, and the model's client.

It reads snapshots and calls tools; nothing else. Any fault of a decider ends in hold.
No exchange, no screen; only `llm/` imports a model's client.
"""
