"""The loopback exchange: Binance's USD-M REST and WebSocket protocol over the paper matching engine, on this machine.

Here live the wire (transport, signatures, limits, names and shapes), conditional orders, streams and faults on demand.
What must not live here: matching and margin (`paper`), anything of the trader, and any other host than loopback.
"""
