"""Nothing that somebody at a protected address reads of appointments says where they are to be found (K24)."""

import orjson
import pytest


@pytest.fixture
def reader(citizen):
    """Somebody at a protected address."""
    return citizen(protected=True)


@pytest.fixture
def read(appointments, journal):
    """All that a citizen reads of one appointment, in one text: as it is booked, moved, listed, shown and cancelled."""

    def everything(access):
        journal.schedule()
        first, second = journal.slot("t1", hours=30), journal.slot("t2", hours=40)
        booked = appointments.book({"slot": first}, access)
        named = {"appointment": booked["id"]}
        answers = [booked, appointments.move({**named, "slot": second}, access), appointments.show(named, access)]
        pages = [appointments.for_home({}, access), appointments.page({}, access), appointments.calendar({}, access)]
        answers += [orjson.loads(page) for page in pages]
        return orjson.dumps([*answers, appointments.cancel(named, access)]).decode()

    return everything


def test_a_citizen_reads_where_to_go(read, citizen):
    said = read(citizen())

    assert (said.count('"unit":"doctors"'), said.count('"place":"Legekontoret"')) == (7, 7)


def test_somebody_at_a_protected_address_reads_it_nowhere(read, reader):
    said = read(reader)

    assert (said.count('"unit":null'), said.count('"place":null')) == (7, 7)
    assert "doctors" not in said
    assert "Legekontoret" not in said
