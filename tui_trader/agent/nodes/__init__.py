"""The nodes of the decision graph, one file a node: each reads the state, calls one thing, returns what it changed.

Expected faults are returned, never raised; nothing is retried.
No exchange, no screen, no model client, and no edges: the order of nodes is `graph.py`'s.
"""
