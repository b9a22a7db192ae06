"""Planted bugs: they grade the simulation's rules. A rule that no planted bug breaks may watch nothing.

Here live the patches, the copy of the package that carries one, and the trial of a copy.
No bug of the real program belongs here: those are mended, and their seeds join `regressions.txt`.
"""
