"""Acting for an adult who cannot consent: applied for with documents, decided by staff, and until a review."""

from collections import Counter
from datetime import date, timedelta

import eventlet
import pytest
import sqlalchemy as sa

from helsami_consents.capacity.domain import DOCUMENTS_KEPT, LONGEST_DOCUMENT, MOST_APPLICATIONS, UNDECIDED_FOR
from helsami_consents.capacity.storage import office
from helsami_consents.models import APPLICATIONS, DOCUMENTS, RECEIVED
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Unavailable

from .asking import GATEWAY, NOW, PDF, RELATIVE, STRANGER, SUBJECT, UNKNOWN, enclosed, me, on_both, staff


@on_both
def test_a_relative_acts_for_somebody_once_staff_have_granted_it(apply, decide, may, told, consents):
    application = apply()
    assert (application["state"], application["code"]) == ("applied", "TD")
    assert not may()

    granted = decide(application)

    assert (granted["state"], granted["review_at"]) == ("granted", "2027-03-01T12:00:00Z")
    assert {"results:read", "appointments:act"} <= may()
    assert told() == [("capacity_decided", RELATIVE, "granted"), ("representative_approved", SUBJECT, None)]
    (listed,) = consents.acting_for({}, me(RELATIVE))["acting_for"]
    assert (listed["citizen"], listed["basis"], listed["until"]) == (SUBJECT, "capacity", granted["review_at"])


@on_both
def test_whom_it_is_about_sees_who_may_act_for_them_and_ends_it_at_once(apply, decide, may, told, consents):
    application = apply()
    assert consents.grants({}, me(SUBJECT))["given"] == [], "nobody may do anything yet"
    granted = decide(application)

    (seen,) = consents.grants({}, me(SUBJECT))["given"]
    assert (seen["id"], seen["citizen"], seen["name"]) == (application["id"], RELATIVE, "Modig b")
    assert (seen["basis"], seen["code"], seen["state"], seen["level"]) == ("capacity", "TD", "active", "full")
    assert (seen["expires_at"], seen["areas"]) == (granted["review_at"], granted["areas"])
    assert consents.grants({}, me(RELATIVE))["given"] == []
    before = told()

    ended = consents.end_grant({"grant": seen["id"]}, me(SUBJECT))

    assert not may(), "from the next question on"
    assert (ended["state"], ended["ended_at"]) == ("revoked", "2026-03-01T12:00:00Z")
    assert consents.end_grant({"grant": seen["id"]}, me(SUBJECT)) == ended
    assert told()[len(before) :] == [("representation_ended", RELATIVE, None)], "who has ended it knows"
    assert consents.grants({}, me(SUBJECT))["given"] == []
    assert consents.acting_for({}, me(RELATIVE))["acting_for"] == []
    (mine,) = consents.capacity_applications({}, me(RELATIVE))["applications"]
    assert mine["state"] == "revoked"
    with pytest.raises(Conflict, match="already-decided"):
        decide(application, "end")
    assert apply()["state"] == "applied", "what staff decide anew is told anew"


@on_both
def test_nobody_else_ends_what_staff_have_granted_and_nobody_what_they_have_not(apply, decide, may, consents):
    application = apply()
    for citizen in (SUBJECT, STRANGER, RELATIVE):
        with pytest.raises(NotFound, match="grant-not-found"):
            consents.end_grant({"grant": application["id"]}, me(citizen))
    decide(application)
    for citizen in (STRANGER, RELATIVE):
        with pytest.raises(NotFound, match="grant-not-found"):
            consents.end_grant({"grant": application["id"]}, me(citizen))
    assert may()


@pytest.mark.parametrize("facts", [{"protected": True}, {"active": False}])
def test_what_does_not_hold_now_is_shown_as_such_to_whom_it_is_about(apply, decide, may, register, consents, facts):
    decide(apply())
    register.knows(RELATIVE, **facts)

    (seen,) = consents.grants({}, me(SUBJECT))["given"]
    assert seen["state"] == "suspended"
    assert seen["name"] == (None if "protected" in facts else "Modig b")
    assert not may()


def test_whoever_gives_it_up_or_has_it_taken_by_staff_ends_what_its_subject_was_told_of(apply, decide, told, consents):
    for ends in (
        lambda application: decide(application, "end"),
        lambda application: consents.withdraw_capacity({"application": application["id"]}, me(RELATIVE)),
    ):
        application = apply()
        decide(application)
        before = Counter(told())
        ends(application)
        assert (Counter(told()) - before)["representative_removed", SUBJECT, None] == 1

    before = Counter(told())
    consents.withdraw_capacity({"application": apply()["id"]}, me(RELATIVE))
    decide(apply(), "decline")
    assert Counter(told()) - before == {("capacity_decided", RELATIVE, "declined"): 1}, "what was never granted"


@on_both
@pytest.mark.parametrize(
    "changed",
    [(side, *how) for side in (SUBJECT, RELATIVE) for how in (("protected", "protection"), ("deceased", "death"))],
    ids=" ".join,
)
def test_what_the_register_rules_out_is_ended_and_told_to_both(apply, decide, consents, register, told, hears, changed):
    side, fact, told_of = changed
    decide(apply())
    before = Counter(told())
    register.knows(side, **{fact: True})
    assert consents.acting_for({}, me(RELATIVE))["acting_for"] == [], "from the next question on"

    assert hears(side, told_of) == ["look_again_at_capacity"]

    assert Counter(told()) - before == {
        ("representation_ended", RELATIVE, None): 1,
        ("representative_removed", SUBJECT, None): 1,
    }
    register.knows(side)
    assert consents.acting_for({}, me(RELATIVE))["acting_for"] == [], "it is applied for anew"
    (mine,) = consents.capacity_applications({}, me(RELATIVE))["applications"]
    assert (mine["state"], mine["reason"]) == ("ended", "register")


@on_both
def test_what_a_death_ends_is_ended_when_the_register_answers_again(
    apply, decide, register, told, hears, keep_promises, clock
):
    decide(apply())
    register.knows(SUBJECT, deceased=True)
    register.away = True
    with pytest.raises(Unavailable):
        hears(SUBJECT, "death")

    register.away = False
    clock.move_to(NOW + timedelta(minutes=5))
    assert keep_promises() == ["look_again_at_capacity"]
    assert told()[-2:] == [("representation_ended", RELATIVE, None), ("representative_removed", SUBJECT, None)]


def test_an_account_that_is_not_in_use_ends_nothing(apply, decide, register, may, hears):
    decide(apply())
    register.knows(SUBJECT, active=False)
    assert hears(SUBJECT) == ["look_again_at_capacity"]
    assert not may()

    register.knows(SUBJECT)
    assert may()


def test_an_applicant_learns_nothing_of_whom_they_have_named_until_staff_have_said_yes(apply, decide, consents):
    def seen():
        mine = consents.capacity_applications({}, me(RELATIVE))["applications"]
        return {(each["citizen"], each["name"]) for each in mine}

    application = apply(key="k1")
    assert (application["citizen"], application["name"]) == (None, None)
    assert apply(key="k1") == application
    withdrawn = consents.withdraw_capacity({"application": application["id"]}, me(RELATIVE))
    assert (withdrawn["citizen"], withdrawn["name"]) == (None, None)
    decide(apply(), "decline")
    assert seen() == {(None, None)}

    decide(apply())
    assert seen() == {(None, None), (SUBJECT, "Modig a")}


@on_both
def test_what_nobody_decides_lapses_with_its_documents_and_is_told(
    apply, decide, consents, store, clock, keep_promises, told
):
    waiting, decided = apply(), apply(STRANGER)
    decide(decided, review_days=365)
    clock.move_to(NOW + UNDECIDED_FOR - timedelta(seconds=1))
    assert "lapse_capacity" not in keep_promises()

    clock.move_to(NOW + UNDECIDED_FOR)
    assert keep_promises() == ["lapse_capacity"] * 2

    assert told()[-1] == ("capacity_lapsed", RELATIVE, None)
    states = {each["id"]: each["state"] for each in consents.capacity_applications({}, me(RELATIVE))["applications"]}
    assert states == {waiting["id"]: "lapsed", decided["id"]: "granted"}
    with store.transaction(RELATIVE) as tx:
        assert tx.document(waiting["id"], 1) is None
    assert consents.open_capacity_applications({}, staff())["applications"] == []
    with pytest.raises(Conflict, match="already-decided"):
        decide(waiting)
    assert apply()["state"] == "applied"


def test_a_guardian_has_a_code_of_their_own(apply):
    assert apply(relation="guardian")["code"] == "VE"


def test_what_is_declined_is_told_with_its_reason_and_can_be_applied_for_anew(apply, decide, may, consents, told):
    declined = decide(apply(), "decline", reason="document-missing")

    assert (declined["state"], declined["reason"]) == ("declined", "document-missing")
    assert not may()
    assert told() == [("capacity_decided", RELATIVE, "declined")]
    again = apply()
    states = [each["state"] for each in consents.capacity_applications({}, me(RELATIVE))["applications"]]
    assert sorted(states) == ["applied", "declined"]
    assert decide(again)["state"] == "granted"


@on_both
def test_what_staff_have_granted_is_the_applicants_alone_and_nothing_that_is_over_is_in_its_way(
    apply, decide, may, consents
):
    decide(apply(), "decline", reason="not-documented")
    decide(apply())

    assert may()
    with pytest.raises(NotFound):
        consents.decide({"actor": STRANGER, "subject": SUBJECT, "audiences": ["results"], "purpose": "home"}, GATEWAY)


def test_access_ends_when_its_review_comes_of_which_one_was_told(apply, decide, may, told, clock, keep_promises):
    decide(apply(), review_days=60)

    clock.move_to(NOW + timedelta(days=30))
    assert keep_promises() == ["warn_of_capacity_review"]
    clock.move_to(NOW + timedelta(days=60) - timedelta(seconds=1))
    assert may()
    clock.move_to(NOW + timedelta(days=60))
    assert not may(), "before anybody has written it down"
    assert keep_promises() == ["end_capacity"]

    assert told()[2:] == [
        ("capacity_review_due", RELATIVE, None),
        ("capacity_decided", RELATIVE, "ended"),
        ("representative_removed", SUBJECT, None),
    ]


def test_staff_end_what_they_have_granted(apply, decide, may):
    application = apply()
    decide(application)

    assert decide(application, "end", reason="has-regained-capacity")["state"] == "ended"
    assert not may()
    with pytest.raises(Conflict, match="already-decided"):
        decide(application, "end")


def test_a_relative_takes_an_application_back_or_stops_acting(apply, decide, may, consents):
    application = apply()
    decide(application)

    for _ in range(2):
        answer = consents.withdraw_capacity({"application": application["id"]}, me(RELATIVE))
        assert answer["state"] == "withdrawn"
    assert not may()
    with pytest.raises(NotFound, match="application-not-found"):
        consents.withdraw_capacity({"application": application["id"]}, me(STRANGER))


@pytest.mark.parametrize("facts", [{"protected": True}, {"deceased": True}, {"birth_date": date(2011, 1, 1)}])
def test_what_was_granted_does_not_hold_for_whom_nobody_may_represent(apply, decide, may, register, facts):
    decide(apply())

    register.knows(SUBJECT, **facts)

    assert not may()
    with pytest.raises(NotFound) as refused:
        apply()
    with pytest.raises(NotFound) as unknown:
        apply(UNKNOWN)
    assert (refused.value.code, refused.value.problems) == (unknown.value.code, unknown.value.problems)


@on_both
def test_nobody_applies_for_themselves_or_twice(apply):
    with pytest.raises(NotFound, match="citizen-not-found"):
        apply(RELATIVE)
    apply()
    with pytest.raises(Conflict, match="already-applied"):
        apply()


@on_both
def test_applications_are_no_way_to_find_out_who_somebody_is(apply, register, consents, clock):
    for number in range(MOST_APPLICATIONS):
        register.knows(f"{number:032x}")
        application = apply(f"{number:032x}")
        if number % 2:
            consents.withdraw_capacity({"application": application["id"]}, me(RELATIVE))

    with pytest.raises(Conflict, match="too-many-applications"):
        apply()
    clock.move_to(NOW + timedelta(days=1))
    assert apply()["state"] == "applied"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_applications_at_the_same_moment_are_counted_one_after_the_other(apply, register, connected):
    for number in range(MOST_APPLICATIONS - 1):
        register.knows(f"{number:032x}")
        apply(f"{number:032x}")

    def at_once(subject):
        try:
            return apply(subject)["state"]
        except Conflict as refused:
            return refused.code

    connected(5)
    pile = eventlet.GreenPile()
    for number in range(100, 105):
        register.knows(f"{number:032x}")
        pile.spawn(at_once, f"{number:032x}")
    assert sorted(pile) == ["applied", *["too-many-applications"] * 4]


def test_the_same_key_applies_once(apply, register):
    first = apply(key="k1")

    assert apply(key="k1") == first
    register.knows(SUBJECT, protected=True)
    assert apply(key="k1") == first, "what was done was done, whatever the register says since"
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        apply(key="k1", documents=[enclosed(PDF + b" another")])


@pytest.mark.parametrize(
    ("documents", "field"),
    [
        ([], "documents"),
        ([enclosed()] * 6, "documents"),
        ([enclosed(b"<html>")], "documents.0.content"),
        ([enclosed(b"%PDF-", "image/png")], "documents.0.content"),
        ([enclosed(b"x", "text/html")], "documents.0.content_type"),
        ([{**enclosed(), "content": "no base64"}], "documents.0.content"),
        ([enclosed(PDF + b"x" * LONGEST_DOCUMENT)], "documents.0.content"),
        ([enclosed(title="")], "documents.0.title"),
    ],
)
def test_an_application_without_readable_documents_is_refused_by_field(apply, documents, field):
    with pytest.raises(Malformed) as refused:
        apply(documents=documents)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert all(problem.expected for problem in refused.value.problems)


@on_both
def test_documents_are_forgotten_some_time_after_the_decision(consents, apply, decide, clock, keep_promises):
    application = apply()
    decide(application, "decline")

    clock.move_to(NOW + DOCUMENTS_KEPT)
    assert keep_promises() == ["forget_capacity_documents"]

    with pytest.raises(NotFound, match="document-not-found"):
        consents.capacity_document({"application": application["id"], "number": 1}, staff())


@pytest.mark.parametrize("method", ["apply_for_capacity", "withdraw_capacity", "capacity_applications"])
def test_nobody_applies_on_anothers_behalf(consents, apply, method):
    application = {"application": apply()["id"]}
    wish = {"subject": STRANGER, "organisation": "oya_legesenter", "relation": "relative", "level": "full"}
    commands = {"withdraw_capacity": application, "capacity_applications": {}}
    command = commands.get(method, {**wish, "documents": [enclosed()]})

    with pytest.raises(Forbidden):
        getattr(consents, method)(command, me(RELATIVE, actor=STRANGER, basis="grant"))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_row_level_security_shows_an_application_to_its_sides_and_documents_to_the_applicant(store, apply):
    apply()

    for citizen, applications, documents in ((RELATIVE, 1, 1), (SUBJECT, 1, 0), (STRANGER, 0, 0)):
        with store.transaction(citizen) as tx:
            assert len(tx.connection.execute(sa.select(APPLICATIONS)).all()) == applications
            assert len(tx.connection.execute(sa.select(DOCUMENTS)).all()) == documents
            changed = tx.connection.execute(sa.update(APPLICATIONS).values(reason="x")).rowcount
            assert changed == (1 if citizen == RELATIVE else 0)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_row_level_security_shows_what_is_received_to_its_applicant_and_its_organisation(store, apply):
    apply()

    seen = {}
    for owner in (RELATIVE, office("oya_legesenter"), SUBJECT, STRANGER, office("st_olavs"), "oya_legesenter", None):
        with store.transaction(owner) as tx:
            changed = tx.connection.execute(sa.update(RECEIVED).values(open=True)).rowcount
            seen[owner] = (len(tx.connection.execute(sa.select(RECEIVED)).all()), changed)

    assert {owner: counts for owner, counts in seen.items() if any(counts)} == {
        RELATIVE: (1, 1),
        office("oya_legesenter"): (1, 0),
    }


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("citizen", "values"),
    [
        (SUBJECT, {"reason": "x"}),
        (SUBJECT, {"state": "applied"}),
        (SUBJECT, {"state": "ended"}),
        (SUBJECT, {"state": "revoked", "scopes": "results:read"}),
    ],
)
def test_whom_it_is_about_does_nothing_but_end_it_whatever_a_statement_says(store, apply, decide, citizen, values):
    decide(apply())

    with pytest.raises(sa.exc.ProgrammingError), store.transaction(citizen) as tx:
        tx.connection.execute(sa.update(APPLICATIONS).values(**values))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_what_is_over_stays_so_whatever_a_statement_says(store, apply, decide, consents):
    application = apply()
    decide(application)
    consents.end_grant({"grant": application["id"]}, me(SUBJECT))

    for citizen in (RELATIVE, SUBJECT):
        with store.transaction(citizen) as tx:
            again = sa.update(APPLICATIONS).values(state="granted")
            if citizen == RELATIVE:
                with pytest.raises(sa.exc.ProgrammingError):
                    tx.connection.execute(again)
            else:
                assert not tx.connection.execute(again).rowcount
