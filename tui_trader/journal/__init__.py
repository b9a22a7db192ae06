"""The append-only, hash-chained log: rows, writers, readers, verify, export, and the machinery of folds.

It knows the shape of a record, never what one means: loss meters and trading state are folds that live in `risk/`.
Nothing here decides anything about trading.
"""
