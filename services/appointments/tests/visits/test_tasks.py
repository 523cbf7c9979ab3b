"""What is to be done before an appointment, as record systems tell it and citizens mark it (R41)."""

import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.visits import schemas
from helsami_appointments.visits.models import TASKS
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_sdk.answers import Restriction

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
STORED, UNCHANGED = {"outcome": "stored"}, {"outcome": "unchanged"}


@pytest.fixture
def send(journal):
    """Send a task about the appointment a1."""

    def sent(key="t1", citizen="c1", **more):
        body = {
            "status": "requested",
            "intent": "order",
            "focus": {"reference": "Appointment/a1"},
            "description": "Ingen mat etter midnatt.",
            **more,
        }
        return journal.send("Task", key, body, citizen)

    return sent


@pytest.fixture
def appointment(visits, journal, citizen):
    """An appointment that a record system has sent, by our id."""
    journal.appointment("a1", hours=72)
    (item,) = orjson.loads(visits.page({}, citizen()))["items"]
    return item["id"]


@pytest.fixture
def tasks(show, appointment):
    """What the appointment shows of its tasks: without ids, which nobody reads."""
    return lambda: [(one["description"], one["due"], one["done"]) for one in show(appointment)["tasks"]]


@pytest.fixture
def mark(visits, citizen, show, appointment):
    """Mark the first task that the appointment shows."""

    def marked(*, done=True, task=None, whose="c1", **claims):
        named = task or show(appointment)["tasks"][0]["id"]
        return visits.mark_task({"appointment": appointment, "task": named, "done": done}, citizen(whose, **claims))

    return marked


def test_a_task_is_new_changed_unchanged_and_withdrawn(send, tasks):
    assert (send(), send()) == (STORED, UNCHANGED)
    assert tasks() == [("Ingen mat etter midnatt.", None, False)]

    assert send(restriction={"period": {"end": "2026-03-04"}}) == STORED
    assert send("t2", description="", code={"text": "Ta blodprøve"}, restriction={"period": {"end": "2026-03-03"}})
    assert tasks() == [("Ta blodprøve", "2026-03-03", False), ("Ingen mat etter midnatt.", "2026-03-04", False)]

    for status in ("cancelled", "rejected", "failed"):
        assert (send("t2", status=status), send("t2", status=status)) == (STORED, UNCHANGED)
        assert send("t2") == STORED
    assert (send(status="entered-in-error"), send("t2", status="entered-in-error")) == (STORED, STORED)
    assert tasks() == []


@pytest.mark.parametrize(
    ("more", "outcome", "code", "path"),
    [
        ({"status": "draft"}, "not supported", "status", "Task.status"),
        ({"focus": {"reference": "Appointment/other"}}, "refused", "appointment-not-found", "Task.focus"),
        ({"focus": {"reference": "Encounter/a1"}}, "refused", "appointment-missing", "Task.focus"),
        ({"focus": None}, "refused", "appointment-missing", "Task.focus"),
        ({"description": " "}, "refused", "nameless", "Task.description"),
        ({"description": "x" * 1001}, "refused", "too-long", "Task.description"),
        ({"restriction": {"period": {"end": "soon"}}}, "refused", "no-time", "Task.restriction.period.end"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_what_cannot_be_shown_says_why_not(appointment, send, tasks, more, outcome, code, path):
    assert send(**more) == {"outcome": outcome, "code": code, "path": path}
    assert tasks() == []


def test_a_draft_takes_back_what_was_asked_for(appointment, send, tasks):
    send()

    send(status="draft")

    assert tasks() == []


def test_a_task_about_somebody_elses_appointment_or_about_nobody_is_refused(appointment, send, tasks):
    assert send(citizen="c2")["code"] == "appointment-not-found"
    assert send(citizen=None)["code"] == "no-citizen"
    assert tasks() == []


def test_a_citizen_marks_a_task_done_and_undone(send, mark, show, appointment):
    send()

    done = mark()

    assert (done["done"], done["done_at"]) == (True, "2026-03-02T08:00:00Z")
    assert schemas.Task().dump(done) == done
    assert mark() == done
    assert show(appointment)["tasks"] == [done]
    assert mark(done=False) == {**done, "done": False, "done_at": None}


def test_what_a_citizen_has_marked_stays_until_the_record_system_says_something_else_of_it(send, mark, tasks):
    send()
    mark()
    assert send() == UNCHANGED
    assert send(description="Ingen mat etter 22") == STORED
    assert tasks() == [("Ingen mat etter 22", None, True)]

    mark(done=False)
    assert send(description="Ingen mat etter 22", status="completed") == STORED
    assert tasks() == [("Ingen mat etter 22", None, True)]
    mark(done=False)
    assert send(description="Ingen mat etter 22", status="completed") == UNCHANGED
    assert tasks() == [("Ingen mat etter 22", None, False)]


def test_of_what_is_over_or_cancelled_nothing_is_marked(visits, journal, send, mark, citizen, appointment, clock):
    send()
    visits.cancel({"appointment": appointment}, citizen())
    with pytest.raises(Conflict, match="appointment-cancelled"):
        mark()
    journal.appointment("a1", hours=1)
    with pytest.raises(Conflict, match="appointment-past"):
        journal.appointment("a1", hours=-1)
        mark()


def test_a_withdrawn_appointment_leaves_no_task_behind(visits, journal, send, appointment, rows):
    send()
    assert rows("tasks") == 1

    journal.appointment("a1", hours=72, status="entered-in-error")

    assert rows("tasks") == rows("visits") == rows("expected_visits") == 0


def test_tasks_of_somebody_else_of_what_is_hidden_and_missing_ones_look_the_same(
    visits, send, mark, appointment, show, asking
):
    send()
    (task,) = show(appointment)["tasks"]
    for whose, named, code in (
        ("c2", task["id"], "appointment-not-found"),
        ("c1", MISSING, "task-not-found"),
        ("c1", "\x00", "task-not-found"),
    ):
        with pytest.raises(NotFound, match=code):
            mark(task=named, whose=whose)
    visits.rules = asking(restrict_sharing=Restriction.withhold("home-care-visit"))
    with pytest.raises(NotFound, match="appointment-not-found"):
        mark(task=task["id"])
    with pytest.raises(Forbidden):
        mark(task=task["id"], whose=None)


def test_a_representative_marks_where_the_organisation_lets_them(visits, send, mark, asking):
    send()
    by_grant = {"actor": "c2", "basis": "grant"}
    visits.rules = asking(limit_delegation=frozenset({"appointments:read"}))
    with pytest.raises(Refused, match="not-delegated"):
        mark(**by_grant)

    visits.rules = asking(limit_delegation=frozenset({"appointments:read", "appointments:act"}))

    assert mark(**by_grant)["done"]


@pytest.mark.parametrize("done", ["perhaps", None, 7])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # how it is stored does not matter
def test_a_task_is_done_or_not(send, mark, done):
    send()

    with pytest.raises(Malformed) as refusal:
        mark(done=done)

    assert [problem.field for problem in refusal.value.problems] == ["done"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_task_is_read_by_its_owners_transactions_alone(store, url, appointment, send):
    send()

    for owner, seen in (("c2", 0), (None, 0), ("c1", 1)):
        with store.transaction(owner) as tx:
            assert len(tx.connection.execute(sa.select(TASKS)).all()) == seen
