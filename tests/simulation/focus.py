"""A focus: what a run of the simulation is to be about, in place of what its seed would draw."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from tests.simulation.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """A few things that go wrong, often, and a few things that the operator does, often."""

    faults: Mapping[str, float] = field(default_factory=dict)
    """Rates by fault; all others are zero."""
    actions: tuple[str, ...] = ()
    """What the hand does; see its weights."""
    rate: float = 0.3
    """Actions a second, in the mean."""
    patience: float = 10.0
    """Seconds of a halt until the hand resumes."""
    seconds: float = 30.0
    """How long the storm lasts."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """Of breakers, by their names in the policy; all others are never reached."""
    decider: str | None = None
    """Who decides, where a life shall not draw it."""
    leverage: int | None = None
    """What the exchange is set to at first, where a seed shall not draw it."""

    @property
    def storm(self) -> Faults:
        """The faults of the storm."""
        return Faults(**self.faults)

    def as_json(self) -> str:
        """For the command line of a trial."""
        return _FORM.dump_json(self).decode()

    @staticmethod
    def of_json(text: str) -> "Focus":
        """What `as_json` told. Raises ValidationError."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Focus)
