"""No order goes missing: the whole engine in demo, on a loopback exchange in a process of its own, killed or lied to.

`python -m tests.matrix kills` and `python -m tests.matrix faults` run all cases and print a table; CI runs a few.
"""
