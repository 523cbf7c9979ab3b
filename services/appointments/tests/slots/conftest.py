"""What the tests of schedules and slots share: an organisation with units, and its staff."""

from dataclasses import replace

import pytest

from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision
from helsami_sdk.manifest import Unit
from helsami_sdk.testing import manifest_of, organisations_of, rules_of


@pytest.fixture
def staff():
    """What staff's own token says."""
    return lambda organisation="trondheim", **claims: system_token(
        organisation, scopes=frozenset({"organisations:manage"}), **claims
    )


@pytest.fixture
def clinic(appointments):
    """The service, with two organisations that have units and let everybody book directly."""
    direct = BookingDecision.direct()

    def rules(organisation):
        units = {name: Unit(name, {}, "+47 00 00 00 02") for name in ("doctors", "laboratory")}
        return rules_of(manifest=replace(manifest_of(organisation), units=units), decide_booking=direct)

    appointments.rules = organisations_of(rules("trondheim"), rules("oya_legesenter"))
    return appointments


@pytest.fixture
def opened(clinic, staff):
    """The id of a schedule that staff have opened."""
    meeting = {"unit": "doctors", "visit_type": "consultation", "kind": "Legetime", "place": "Legekontoret"}
    return clinic.open_schedule({**meeting, "clinician": "lege-1", "clinician_name": "Klar Kompass"}, staff())["id"]


@pytest.fixture
def publish(clinic, staff, opened):
    """Publish slots under the schedule; what is answered."""

    def ask(*slots, hours=(), organisation="trondheim", schedule=opened, **claims):
        listed = [{"starts": starts, "ends": ends} for starts, ends in slots]
        command = {"schedule": schedule, "slots": listed, "hours": list(hours)}
        return clinic.publish_slots(command, staff(organisation, **claims))

    return ask
