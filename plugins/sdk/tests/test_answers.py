"""An answer that makes no sense cannot be built."""

from datetime import UTC, date, datetime

import pytest

from helsami_sdk import BookingDecision, Release, Restriction, ResultClass, Tier

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "build",
    [
        lambda: BookingDecision("direct"),
        lambda: BookingDecision(Tier.PHONE),
        lambda: BookingDecision.phone("Ring oss"),
        lambda: BookingDecision.phone("x" * 61),
        lambda: BookingDecision.direct(deadline=NOW.replace(tzinfo=None)),
        lambda: BookingDecision.direct(deadline=date(2026, 11, 22)),
        lambda: BookingDecision.direct(deadline="tomorrow"),
        lambda: ResultClass("auto"),
        lambda: ResultClass(Release.REVIEW),
        lambda: ResultClass(Release.AUTO, 14),
        lambda: ResultClass.review(0),
        lambda: ResultClass.review(366),
        lambda: ResultClass.review(days=True),
        lambda: Restriction(withheld=1, reason="because"),
        lambda: Restriction(withheld=True),
        lambda: Restriction(withheld=False, reason="because"),
        lambda: Restriction.show(despite="Home care"),
        lambda: Restriction(withheld=True, reason="because", despite="home-care-hidden"),
    ],
)
def test_nonsense_is_refused_where_it_is_said(build):
    with pytest.raises(ValueError, match="expected"):
        build()


@pytest.mark.parametrize(
    "answer",
    [
        BookingDecision.direct(NOW),
        BookingDecision.request(),
        BookingDecision.phone(),
        ResultClass.auto(),
        ResultClass.review(),
        ResultClass.manual(),
        ResultClass.blocked(),
        Restriction.show(),
        Restriction.withhold("because"),
    ],
)
def test_an_answer_cannot_be_changed(answer):
    with pytest.raises(AttributeError):
        setattr(answer, answer.__match_args__[0], "another")
