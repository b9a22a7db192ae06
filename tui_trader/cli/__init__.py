"""The command line: one file a command, and the two global options.

A command parses, calls the engine's client or reads the journal, and prints; it decides nothing.
"""
