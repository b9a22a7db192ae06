"""The desk: the life of an order from intent to fill, unknown outcomes, protection, reconciliation, flatten.

The only sender of orders: what goes out was allowed by the gate and is durable in the journal first.
It decides no trade and knows neither agent nor screen.
"""
