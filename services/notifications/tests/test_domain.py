"""What a notice says, and who may read it."""

import pytest

from helsami_notifications import domain
from helsami_notifications.domain import Notice, Subject, readable


@pytest.mark.parametrize(
    ("news", "message", "about"),
    [
        (domain.SLOT_BOOKED, "notice.slot-booked", "appointment"),
        (domain.RESULT_RELEASED, "notice.result-released", "result"),
        (domain.SUMMARY_PUBLISHED, "notice.summary-published", "visit"),
    ],
)
def test_a_notice_names_its_text_and_what_it_is_about(news, message, about):
    assert Notice(news, "i1").shown() == {"message": message, "about": {"type": about, "id": "i1"}}


def test_there_is_news_of_everything_a_notice_may_be_about():
    assert {news.about for news in domain.ALL} == set(Subject)


def test_a_scope_to_read_a_thing_is_a_scope_to_hear_of_it():
    assert readable(frozenset({"results:read", "notices:read"})) == {Subject.RESULT}
    assert readable(frozenset({"appointments:act", "notices:read"})) == frozenset()
    assert readable(frozenset({"appointments:read"})) == {Subject.APPOINTMENT, Subject.OFFER}
    assert readable(frozenset({"records:read"})) == {Subject.LETTER, Subject.VISIT}
    both = {Subject.APPOINTMENT, Subject.OFFER, Subject.LETTER, Subject.REFERRAL, Subject.STAY, Subject.VISIT}
    assert readable(frozenset({"appointments:read", "records:read"})) == both
