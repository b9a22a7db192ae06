"""The Binance adapter against the loopback exchange, over real sockets."""
