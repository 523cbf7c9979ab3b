"""By what staff find a message, and know whose it is, before they open it and after."""

import pytest

from helsami_kernel.errors import NotFound


@pytest.fixture
def message(write):
    return write()["messages"][-1]["id"]


def test_whose_a_message_is_can_be_logged_before_it_is_opened_and_opens_nothing(messages, staff, message, found, care):
    assert messages.whose({"message": message}, staff()) == {"citizen": "c1"}

    assert found() == {care.fysio: [message]}


@pytest.mark.parametrize("organisation", ["trondheim", "oya_legesenter"])
def test_whose_a_message_is_that_is_another_organisations_or_missing_is_told_alike(
    messages, staff, message, organisation
):
    named = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55" if organisation == "trondheim" else message

    with pytest.raises(NotFound, match="message-not-found"):
        messages.whose({"message": named}, staff(organisation))


def test_who_opens_a_message_knows_by_the_record_systems_own_name_who_writes(messages, staff, message, receive, care):
    assert messages.open_message({"message": message}, staff())["record_key"] == "team-1"

    assert receive({**care.usual, "status": "inactive"}) == {"outcome": "stored"}
    assert messages.open_message({"message": message}, staff())["record_key"] == "team-1"


def test_the_team_of_another_unit_is_not_taken_for_that_of_the_message(messages, staff, receive, write, care):
    receive(care.team(unit="home-care"), key="another-team")

    (message,) = write()["messages"]

    assert messages.open_message({"message": message["id"]}, staff())["record_key"] == "team-1"


def test_an_inbox_that_the_organisation_does_not_have_does_not_look_empty(messages, staff, message):
    with pytest.raises(NotFound, match="inbox-not-found"):
        messages.lying({"inbox": "physio"}, staff())
