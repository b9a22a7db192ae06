"""Risk: the policy, the gate that every order passes, the trading state, loss meters and breakers.

Pure functions over values, and folds over journal rows. The gate allows, shrinks or denies; it never enlarges.
Nothing here knows the exchange or a model; the only rows written from here are those of the breakers.
"""
