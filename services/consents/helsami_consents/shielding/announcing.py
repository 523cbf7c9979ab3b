"""What is told of a shield, as the events that travel: an opaque id and how it stands, nothing of what is hidden."""

from __future__ import annotations

from helsami_consents.shielding.domain import (
    Shield,
    ShieldingDecided,
    ShieldingLifted,
    ShieldingRequested,
    ShieldingTold,
)
from helsami_consents.shielding.schemas import ShieldingTold as Told
from helsami_kernel import Event


def event_of(kind: type[ShieldingTold], shield: Shield) -> Event:
    """What has happened to a shield, told to its citizen. Raises TypeError for what is not told."""
    data = Told().dump(kind(shield.id, shield.state))
    if kind is ShieldingRequested:
        return Event.of("shielding_requested", shield.owner, data, shield.version)
    if kind is ShieldingDecided:
        return Event.of("shielding_decided", shield.owner, data, shield.version)
    if kind is ShieldingLifted:
        return Event.of("shielding_lifted", shield.owner, data, shield.version)
    raise TypeError(kind.__name__)
