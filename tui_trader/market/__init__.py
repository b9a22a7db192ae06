"""Markets: feeds, candles, indicators, the synthetic market, and the snapshot that deciders read.

Data flows through here one way, from a feed to frozen snapshots.
Nothing here knows an account, an order of ours, or a limit.
"""
