"""The panes: each takes its keys of the mailbox at its own rate and turns the engine's views into lines.

Formatting and arranging, never deciding. What a pane shows is never read back from it.
"""
