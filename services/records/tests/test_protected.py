"""Nothing around the record of somebody at a protected address says where they are to be found (K24)."""

import base64

import orjson
import pytest

from helsami_kernel.testing import citizen_token

PLACE, SENDER = "Legekontoret på Øya", "trondheim"
LETTER = {
    "resourceType": "DocumentReference",
    "id": "l1",
    "status": "current",
    "category": [{"coding": [{"system": "urn:helsami:document-category", "code": "letter"}]}],
    "date": "2026-02-25T10:00:00Z",
    "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"Velkommen.").decode()}}],
}
VISIT = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"code": "AMB"},
    "period": {"start": "2026-02-20T09:00:00Z", "end": "2026-02-20T09:30:00Z"},
    "serviceProvider": {"display": PLACE},
}


@pytest.fixture
def read(records, receive):
    """The visits, at home and listed, and the letter, listed and shown, as a citizen reads them."""
    receive(VISIT, LETTER)

    def everything(**claims):
        access = citizen_token("c1", ["records:read"], **claims)
        home = orjson.loads(records.for_home({}, access)["visits"])
        visits = orjson.loads(records.page({"section": "visits"}, access))
        letters = orjson.loads(records.page({"section": "letters"}, access))
        (listed,) = letters["items"]
        shown = records.letter({"letter": listed["id"]}, access)
        return [*home["items"], *visits["items"]], [listed, shown]

    return everything


def test_a_citizen_reads_where_they_were_and_who_writes(read):
    visits, letters = read()

    assert [visit["place"] for visit in visits] == [PLACE] * 2
    assert [letter["organisation"] for letter in letters] == [SENDER] * 2


def test_somebody_at_a_protected_address_reads_neither_in_any_of_them(read):
    visits, letters = read(protected=True)

    assert [visit["place"] for visit in visits] == [None] * 2
    assert [letter["organisation"] for letter in letters] == [None] * 2
    assert PLACE not in orjson.dumps(visits).decode()
    assert SENDER not in orjson.dumps(letters).decode()
    assert letters[1]["text"] == "Velkommen."
