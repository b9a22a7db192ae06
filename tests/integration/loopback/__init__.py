"""The loopback exchange over real sockets."""
