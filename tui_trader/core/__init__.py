"""The words of the trade and their arithmetic: time, money, instruments, orders, positions, margin, records.

Pure values and pure functions; the clock is the one thing that waits.
No I/O, no framework, and nothing of the project's other packages is imported here.
"""
