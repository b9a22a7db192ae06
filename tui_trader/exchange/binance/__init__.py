"""Binance USD-M futures behind the `Exchange` protocol: python-binance for REST, sockets of its own for streams.

The only importer of python-binance. Nothing here decides about trading, and nothing writes into the journal.
An order is sent once; what may have happened and is not known is told as `Uncertain`.
"""
