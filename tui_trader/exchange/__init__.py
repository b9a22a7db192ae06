"""Exchanges: the protocol, and those who keep it (paper now, Binance and the loopback server later).

An exchange executes and reports; it knows no policy, no journal and no agent.
Only `engine`, `desk` and the `exchange` command may import this package.
"""
