"""Whole traders in virtual time under random faults: one seed, one run, the same every time.

Here live the world of the whole engine (`world`), the swarm of a trader without one (`swarm`), and what must hold.
No single scenario belongs here: those are unit tests of the desk and the tools.
"""
