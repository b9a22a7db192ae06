"""The policy in force: one value that everyone asks for anew, since it may change between cycles."""

from tui_trader.risk.policy import Policy


class PolicyHolder:
    """Holds it; the prompt's keeper alone replaces it."""

    def __init__(self, policy: Policy) -> None:
        self.current = policy
