"""What is worth telling of."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_records.domain import Visit

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def visit(*, began, ended=None, finished=True):
    ended_at = None if ended is None else NOW - ended * DAY
    return Visit("inpatient", "", "", None, None, "2026", None, NOW - began * DAY, ended_at, finished)


@pytest.mark.parametrize(
    ("seen", "news"),
    [
        (visit(began=1), True),
        (visit(began=14), True),
        (visit(began=15), False),
        (visit(began=90, ended=1), True),
        (visit(began=90, ended=15), False),
        (visit(began=1, finished=False), False),
    ],
)
def test_a_visit_is_news_for_two_weeks_after_its_end(seen, news):
    assert seen.is_news(NOW) is news
