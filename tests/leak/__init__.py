"""Planted secrets, the ways in which they are written, and the search for them in whatever leaves the program."""
