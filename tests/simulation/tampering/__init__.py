"""Attacks on a signed journal: the known ones one by one, and random mutations of its rows and of its file.

The attacker may write every file of the home, forges the head file along with the log, and has not the signing key
(where an attack says so: only the present one).
"""
