"""What stands between a user and real money: the lock, each condition of a live start, and the account's owner's word.

Nothing here trades; paper and demo know of it only that it is not theirs.
"""
