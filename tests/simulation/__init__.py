"""Whole traders in virtual time under random faults: one seed, one run, the same every time.

Here lives the swarm: weather at the exchange, an agent, an operator, crashes; and what must hold all the while.
No single scenario belongs here: those are unit tests of the desk and the tools.
"""
