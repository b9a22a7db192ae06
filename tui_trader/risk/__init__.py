"""Risk: the policy, the gate that every order passes, the trading state, loss meters and breakers.

Pure functions over values, and folds over journal rows. The gate allows, shrinks or denies; it never enlarges.
No I/O here, no exchange, no model.
"""
