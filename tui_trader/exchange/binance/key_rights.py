"""What a key is and may do, as the exchange says: whose account it opens, and what could be done with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRights:
    """What the key may be used for, and whether from any address (`is_ip_bound` False)."""

    futures: bool
    withdrawals: bool
    internal_transfers: bool
    universal_transfers: bool
    is_ip_bound: bool
