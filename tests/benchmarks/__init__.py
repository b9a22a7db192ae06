"""Measurements of the whole program and its parts: `python -m tests.benchmarks` prints them; nothing asserts a time.

One file a subject, each a function that yields figures. Rules of the program are tested elsewhere; here is how fast.
"""
