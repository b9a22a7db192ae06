"""The checks, a module a family: each is one rule of the policy or of reason, as a pure function with its own code.

A check gets the intent, the book and the policy, and says allow, shrink or deny. It never relies on another one.
The order in which they run is in `risk/gate.py`; nothing here knows of it.
"""
