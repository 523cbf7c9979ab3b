"""From whom a record system hides a care team, it hides what is written to it (9603, K23)."""

import pytest

from helsami_kernel.errors import NotFound

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

SECURITY = "urn:oid:2.16.578.1.12.4.1.1.9603"
CHILD = {"age_band": "12-15"}
PARENT = {"actor": "p1", "basis": "parental", "age_band": "0-11"}


def hidden(resource, code="NORN_FORANS"):
    return {**resource, "meta": {"security": [{"system": SECURITY, "code": code}]}}


@pytest.fixture
def thread(write):
    return write(**CHILD)["id"]


@pytest.fixture
def reads(messages, citizen, page):
    """Who of the two is shown the thread, in a list and by itself."""

    def shown(thread):
        found = set()
        for who, claims in (("child", CHILD), ("parent", PARENT)):
            listed = thread in [one["id"] for one in page(claims=claims)["items"]]
            try:
                messages.thread({"thread": thread}, citizen(**claims))
            except NotFound:
                assert not listed
            else:
                assert listed
                found.add(who)
        return found

    return shown


@pytest.fixture
def limits_told(told):
    return lambda: [data for kind, _, data in told() if kind == "access_limit_changed"]


def test_what_was_written_is_hidden_when_its_care_team_is_and_shown_again_when_that_is(
    receive, care, thread, reads, limits_told
):
    assert reads(thread) == {"child", "parent"}

    receive(hidden(care.usual))
    assert reads(thread) == {"child"}
    receive(hidden(care.usual))
    receive(care.usual)
    assert reads(thread) == {"child", "parent"}

    assert limits_told() == [{"item": thread, "access_limit": "parents"}, {"item": thread, "access_limit": ""}]


def test_what_is_told_of_a_thread_goes_by_the_limit_that_its_care_team_has_by_then(
    messages, staff, receive, care, write, told
):
    message = write(**CHILD)["messages"][0]["id"]
    messages.open_message({"message": message}, staff())
    receive(hidden(care.usual))

    messages.answer({"message": message, "text": "Kom i morgen.", "may_reply": False, "by_post": False}, staff())

    ((_, _, data),) = [one for one in told() if one[0] == "message_answered"]
    assert data["access_limit"] == "parents"


def test_what_is_hidden_from_the_young_person_themselves_is_too(receive, care, thread, reads):
    receive(hidden(care.usual, "NORN_UNGDOM"))

    assert reads(thread) == {"parent"}


def test_of_several_teams_that_name_somebody_the_strictest_counts_for_recipients_and_threads(
    messages, citizen, receive, care, thread, reads
):
    receive(hidden(care.team(care.member(care.fysio, "Stødig Granitt"))), key="team-2")

    assert reads(thread) == {"child"}
    shown = messages.recipients({}, citizen(**PARENT))["recipients"]
    assert [one["name"] for one in shown] == ["Rolig Fjord"]


@pytest.mark.parametrize(
    "later", [{"status": "inactive"}, {"participant": []}, {"meta": {"security": [{"system": SECURITY, "code": "X"}]}}]
)
def test_a_team_that_ends_or_changes_otherwise_lifts_nothing(receive, care, thread, reads, later):
    receive(hidden(care.usual))
    receive({**hidden(care.usual), **later})
    receive(care.team(care.member(care.fysio, "Stødig Granitt")), key="team-2")

    assert "parent" not in reads(thread)


def test_a_team_that_is_hidden_as_it_ends_hides_what_was_written_to_it(receive, care, thread, reads):
    receive({**hidden(care.usual), "status": "inactive"})

    assert reads(thread) == {"child"}


def test_who_is_in_the_team_no_longer_is_hidden_with_it_all_the_same(receive, care, thread, reads):
    receive(care.team())
    receive(hidden(care.team()))

    assert reads(thread) == {"child"}


def test_the_team_of_others_changes_nothing(receive, care, thread, reads, limits_told):
    receive(hidden(care.team(unit="home-care")), key="team-2")
    receive(hidden(care.usual), citizen="c2")

    assert reads(thread) == {"child", "parent"}
    assert limits_told() == []
