"""Of an event only what is used is read, and it must be there."""

import pytest

from helsami_kernel.database import Event
from helsami_kernel.errors import Malformed
from helsami_notifications import domain, schemas

OF_PEOPLE = {domain.Subject.CHILD, domain.Subject.CITIZEN, domain.Subject.WARD}
FIELDS = {
    domain.SLOT_BOOKED: "appointment",
    domain.APPOINTMENT_SCHEDULED: "appointment",
    domain.APPOINTMENT_CHANGED: "appointment",
    domain.APPOINTMENT_CANCELLED: "appointment",
    domain.REQUEST_ANSWERED: "appointment",
    domain.REQUEST_EXPIRED: "appointment",
    domain.REMINDER_DUE: "appointment",
    domain.CHECK_IN_OPENED: "appointment",
    domain.OFFER_MADE: "offer",
    domain.EVENT_REMINDER_DUE: "event",
    **dict.fromkeys(domain.OFFER_ENDS.values(), "offer"),
    **dict.fromkeys(
        (
            domain.GRANT_OFFERED,
            domain.GRANT_ACCEPTED,
            domain.GRANT_CHANGED,
            domain.GRANT_ENDED,
            domain.GRANT_EXPIRING,
        ),
        "grant",
    ),
    **dict.fromkeys((domain.CAPACITY_DECIDED, domain.CAPACITY_REVIEW_DUE, domain.CAPACITY_LAPSED), "application"),
    **dict.fromkeys(
        (domain.REPRESENTATION_ENDED, domain.REPRESENTATIVE_APPROVED, domain.REPRESENTATIVE_REMOVED), "representation"
    ),
    **dict.fromkeys((domain.SHIELDING_REQUESTED, domain.SHIELDING_DECIDED, domain.SHIELDING_ENDED), "shield"),
    domain.RESULT_RELEASED: "result",
    domain.SUMMARY_PUBLISHED: "visit",
    **dict.fromkeys((domain.STAY_PLANNED, domain.STAY_ENDED, domain.STAY_CANCELLED), "stay"),
    domain.REFERRAL_STATUS_CHANGED: "referral",
    domain.LETTER_ISSUED: "letter",
    **dict.fromkeys((domain.MESSAGE_ANSWERED, domain.MESSAGE_WRITTEN), "thread"),
    **{news: str(news.about) for news in domain.ALL if news.about in OF_PEOPLE},
}
MORE = {news: {"state": "expired"} for news in domain.OFFER_ENDS.values()}


@pytest.mark.parametrize("news", domain.ALL)
def test_other_fields_of_an_event_are_ignored(news):
    event = Event.of("e", subject="c1", data={FIELDS[news]: "i1", **MORE.get(news, {}), "later": {"x": 1}})

    assert schemas.notice(news, event) == ("c1", domain.Notice(news, "i1"))


@pytest.mark.parametrize("news", domain.ALL)
@pytest.mark.parametrize("held", [{}, {"id": 7}, {"id": None}, {"id": ""}, {"id": "x" * 61}])
def test_an_event_without_its_field_is_malformed(news, held):
    data = MORE.get(news, {}) | ({FIELDS[news]: held["id"]} if held else {"other": "i1"})

    with pytest.raises(Malformed) as refusal:
        schemas.notice(news, Event.of("e", subject="c1", data=data))

    assert [problem.field for problem in refusal.value.problems] == [FIELDS[news]]


def test_an_event_about_nobody_is_malformed():
    with pytest.raises(Malformed, match="malformed"):
        schemas.notice(domain.SLOT_BOOKED, Event.of("e", subject=None, data={"appointment": "i1"}))


@pytest.mark.parametrize(
    ("read", "state", "told"),
    [
        (schemas.answer_awaited, "awaiting", domain.SHIELDING_REQUESTED),
        (schemas.answer_awaited, "requested", domain.SHIELDING_REQUESTED),
        (schemas.answer_awaited, "in-force", None),
        (schemas.end_of_shield, "ended", domain.SHIELDING_ENDED),
        (schemas.end_of_shield, "lifted", None),
        (schemas.end_of_shield, "lifting", None),
    ],
)
def test_of_what_one_hides_or_shows_oneself_only_what_waits_or_ends_is_news(read, state, told):
    assert read(Event.of("a_shield", subject="c1", data={"shield": "i1", "state": state})) == told


@pytest.mark.parametrize(("state", "told"), [("expired", domain.OFFER_EXPIRED), ("accepted", None), ("declined", None)])
def test_the_end_of_an_offer_is_told_to_who_did_not_end_it(state, told):
    event = Event.of("offer_ended", subject="c1", data={"offer": "i1", "state": state})

    assert schemas.end_of_offer(event) == told


@pytest.mark.parametrize("data", [{"offer": "i1"}, {"offer": "i1", "state": 7}])
def test_an_offer_that_ended_nobody_knows_how_is_malformed(data):
    with pytest.raises(Malformed):
        schemas.end_of_offer(Event.of("offer_ended", subject="c1", data=data))
