"""Of an event only what is used is read, and it must be there."""

import pytest

from helsami_kernel.database import Event
from helsami_kernel.errors import Malformed
from helsami_notifications import domain, schemas

FIELDS = {
    domain.SLOT_BOOKED: "appointment",
    domain.APPOINTMENT_CHANGED: "appointment",
    domain.APPOINTMENT_CANCELLED: "appointment",
    domain.REQUEST_ANSWERED: "appointment",
    domain.REQUEST_EXPIRED: "appointment",
    domain.RESULT_RELEASED: "result",
    domain.SUMMARY_PUBLISHED: "visit",
}


@pytest.mark.parametrize("news", domain.ALL)
def test_other_fields_of_an_event_are_ignored(news):
    event = Event.of("e", subject="c1", data={FIELDS[news]: "i1", "later": {"x": 1}})

    assert schemas.notice(news, event) == ("c1", domain.Notice(news, "i1"))


@pytest.mark.parametrize("news", domain.ALL)
@pytest.mark.parametrize("held", [{}, {"id": 7}, {"id": None}, {"id": ""}, {"id": "x" * 61}])
def test_an_event_without_its_field_is_malformed(news, held):
    data = {FIELDS[news]: held["id"]} if held else {"other": "i1"}

    with pytest.raises(Malformed) as refusal:
        schemas.notice(news, Event.of("e", subject="c1", data=data))

    assert [problem.field for problem in refusal.value.problems] == [FIELDS[news]]


def test_an_event_about_nobody_is_malformed():
    with pytest.raises(Malformed, match="malformed"):
        schemas.notice(domain.SLOT_BOOKED, Event.of("e", subject=None, data={"appointment": "i1"}))
