"""What the exchange says that the key may do; a rehearsal of live sets it as it likes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedRights:
    """What is said of the key: at first, that it is for trading futures alone and bound to an address."""

    ip_restrict: bool = True
    futures: bool = True
    withdrawals: bool = False
    internal_transfer: bool = False
    universal_transfer: bool = False
