"""The tools: one catalogue for agent, keys and command line; typed arguments, journalled call and result.

A tool checks who calls it and what with, asks the gate and hands over to the desk.
No tool knows an exchange client, a model or a screen.
"""
