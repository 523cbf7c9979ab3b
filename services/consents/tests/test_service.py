"""Consents as the gateway asks it: who may act for whom, now, and what is told of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import eventlet
import orjson
import pytest

from helsami_consents.access_log.verification import Trust, fault_of
from helsami_kernel.clock import OSLO
from helsami_kernel.errors import Forbidden, Malformed, NotFound, Unavailable
from helsami_kernel.testing import citizen_token

GIVER, RECEIVER, STRANGER, UNKNOWN = "a" * 32, "b" * 32, "c" * 32, "d" * 32
GATEWAY = replace(citizen_token("", ["consents:decide"], basis="service"), subject=None)
SEALING = b"s" * 32
on_both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
SCOPES = {"results:read", "appointments:read", "notices:read"}


def _me(citizen, **claims):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


@pytest.fixture
def decide(consents):
    def may(actor=RECEIVER, subject=GIVER, audiences=("results", "view:home"), purpose="home"):
        question = {"actor": actor, "subject": subject, "audiences": list(audiences), "purpose": purpose}
        return consents.decide(question, GATEWAY)

    return may


@pytest.fixture
def refused(decide):
    """The answer to somebody who may not, as it crosses the bus."""

    def told(**question):
        with pytest.raises(NotFound) as caught:
            decide(**question)
        return caught.value.code, caught.value.problems

    return told


@pytest.fixture
def logged(consents):
    def read(citizen=GIVER, **page):
        return orjson.loads(consents.access_log(page, _me(citizen)))

    return read


def test_a_grant_gives_a_token_for_each_audience(give, decide, verifier):
    give()

    answer = decide()

    assert answer["basis"] == "grant"
    for audience in ("results", "view:home"):
        token = verifier.verify(answer["tokens"][audience], audience)
        assert (token.actor, token.subject, token.basis) == (RECEIVER, GIVER, "grant")
        assert token.scopes == SCOPES
        assert (token.age_band, token.protected, token.consent_version) == ("16+", False, 2)
        assert token.expires_at - token.issued_at <= timedelta(seconds=60)


def test_a_grant_is_of_one_direction(give, refused):
    give()

    assert refused(actor=GIVER, subject=RECEIVER) == ("citizen-not-found", ())


@on_both
def test_a_grant_is_nobody_elses(give, decide, refused):
    give()
    assert refused(actor=STRANGER) == ("citizen-not-found", ())

    give(STRANGER, areas={"appointments": ["see"]})
    assert decide(audiences=["results"])["basis"] == "grant"
    with pytest.raises(Forbidden, match="not-permitted"):
        decide(actor=STRANGER, audiences=["results"])


def test_a_revocation_holds_from_the_next_question_on(consents, give, decide, refused):
    grant = give()
    decide()

    assert consents.end_grant({"grant": grant["id"]}, _me(GIVER))["state"] == "revoked"

    assert refused() == ("citizen-not-found", ())


def test_every_refusal_looks_the_same(consents, give, refused, register):
    missing, ill_formed, foreign = refused(subject=UNKNOWN), refused(subject="../etc"), refused(subject=STRANGER)
    grant = give()
    register.knows(GIVER, protected=True)
    protected = refused()
    register.knows(GIVER)
    register.knows(RECEIVER, protected=True)
    actor_protected = refused()
    register.knows(RECEIVER)
    register.knows(GIVER, deceased=True)
    deceased = refused()
    register.knows(GIVER)
    consents.end_grant({"grant": grant["id"]}, _me(GIVER))

    assert {missing, ill_formed, foreign, protected, actor_protected, deceased, refused()} == {
        ("citizen-not-found", ())
    }


def test_ages_are_asked_at_every_read(give, decide, refused, register, clock):
    give()
    register.knows(GIVER, birth_date=date(2010, 7, 1))
    birthday = datetime(2026, 7, 1, tzinfo=OSLO)

    clock.move_to(birthday - timedelta(seconds=1))
    assert refused() == ("citizen-not-found", ())
    clock.move_to(birthday)
    assert decide()["basis"] == "grant"


def test_while_the_register_is_away_nobody_acts_for_anybody(give, decide, register, logged):
    give()
    register.away = True

    with pytest.raises(Unavailable):
        decide()

    assert logged()["items"] == []


def test_every_question_is_in_the_log_before_its_answer(give, decide, refused, logged, store):
    refused(purpose="results")
    give()
    decide(purpose="home")

    items = logged()["items"]
    assert [(item["purpose"], item["outcome"]) for item in items] == [("home", "allowed"), ("results", "refused")]
    assert items[0] | {"at": ""} == {
        "id": "2",
        "organisation": None,
        "unit": None,
        "at": "",
        "actor": RECEIVER,
        "name": "Modig b",
        "role": "representative",
        "profession": None,
        "basis": "grant",
        "purpose": "home",
        "kinds": ["overview", "results"],
        "outcome": "allowed",
    }
    reads = store.reading(GIVER)
    chain = reads.chain()
    assert [entry.access.reason for entry in chain] == ["no-grant", "grant"]
    assert fault_of(GIVER, chain, Trust(reads.head(), key=SEALING)) == (None, 2)


@pytest.mark.parametrize(
    ("audiences", "purpose"),
    [
        (["medications"], "medications"),
        (["results", "medications"], "home"),
        (["appointments"], "book"),
        (["consents"], "consents"),
        (["directory"], "results"),
    ],
)
def test_what_the_grant_does_not_hold_is_refused_and_logged_as_refused(give, decide, logged, audiences, purpose):
    give()

    with pytest.raises(Forbidden, match="not-permitted"):
        decide(audiences=audiences, purpose=purpose)

    assert [(item["purpose"], item["outcome"]) for item in logged()["items"]] == [(purpose, "refused")]


def test_nothing_is_stored_about_an_id_that_is_nobodys(decide, refused, register, store):
    known, nobody = refused(subject=STRANGER), refused(subject=UNKNOWN)

    assert known == nobody
    assert [entry.access.outcome for entry in store.reading(STRANGER).chain()] == ["refused"]
    with store._database.engine.connect() as connection:
        for table in ("access_log", "access_log_heads"):
            owners = connection.exec_driver_sql(f"SELECT DISTINCT owner FROM {table}").scalars().all()
            assert owners == [STRANGER]


@on_both
def test_questions_at_the_same_moment_make_one_whole_chain(give, decide, store, connected):
    give()
    connected(4)

    answers = list(eventlet.GreenPool(4).imap(lambda _: decide(), range(12)))

    assert [answer["basis"] for answer in answers] == ["grant"] * 12
    reads = store.reading(GIVER)
    assert fault_of(GIVER, reads.chain(), Trust(reads.head(), key=SEALING)) == (None, 12)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_what_ends_while_a_question_waits_for_the_log_lets_nobody_in(consents, give, decide, store, connected):
    offered = give()
    decide()
    connected(4)
    with store.transaction(GIVER) as tx:
        tx.heads_of([GIVER])
        waiting = eventlet.spawn(decide)
        _until_somebody_waits(store)
        consents.end_grant({"grant": offered["id"]}, _me(GIVER))

    with pytest.raises(NotFound):
        waiting.wait()


def _until_somebody_waits(store):
    """Until a transaction of this database waits for a row that another holds."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with eventlet.Timeout(5), store._database.reading_engine.connect() as connection:
        while not connection.exec_driver_sql(waits).scalar_one():
            eventlet.sleep(0.01)


def test_whoever_may_book_may_ask_to(give, decide):
    give(areas={"appointments": ["act"]})

    assert decide(audiences=["appointments"], purpose="book")["basis"] == "grant"


def test_the_log_names_those_whom_everybody_may_know(refused, logged, register):
    refused()
    refused(actor=STRANGER)
    register.knows(STRANGER, protected=True)
    refused(actor=UNKNOWN)

    assert [item["name"] for item in logged()["items"]] == [None, None, "Modig b"]


def test_while_the_register_is_away_the_log_is_read_and_a_grant_taken_back_without_names(
    consents, give, decide, logged, register
):
    grant = give()
    decide()
    register.away = True

    assert [item["name"] for item in logged()["items"]] == [None]
    assert consents.end_grant({"grant": grant["id"]}, _me(GIVER))["name"] is None


def test_without_a_log_row_there_is_no_token(give, decide, store):
    give()
    with store._database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE access_log RENAME TO gone")

    with pytest.raises(Exception, match="access_log"):
        decide()


def test_the_log_does_not_tell_a_subject_of_an_actors_protected_address(give, refused, logged, register):
    give()
    register.knows(RECEIVER, protected=True)
    refused()

    assert "protected" not in str(logged())


def test_the_log_is_read_a_page_at_a_time(refused, logged):
    for _ in range(5):
        refused()

    first = logged(limit=2)
    second = logged(limit=2, cursor=first["next"])
    third = logged(limit=2, cursor=second["next"])

    pages = [[item["id"] for item in page["items"]] for page in (first, second, third)]
    assert pages == [["5", "4"], ["3", "2"], ["1"]]
    assert (third["next"], third["absences"], third["status"]) == (None, [], "ok")


def test_an_empty_log_says_that_nothing_is_recorded(logged):
    assert logged() == {
        "items": [],
        "as_of": "2026-03-01T12:00:00Z",
        "status": "ok",
        "absences": [{"code": "none_recorded"}],
        "next": None,
    }


@pytest.mark.parametrize("cursor", ["!", "", "MA", "LTE", "eA", "OTk5OTk5OTk5OTk5OTk", "ø"])
def test_a_cursor_that_is_none_of_ours_is_refused(logged, cursor):
    with pytest.raises(Malformed, match="malformed-cursor"):
        logged(cursor=cursor)


ABOUT_ONESELF = ["offer_grant", "accept_grant", "change_grant", "confirm_grant", "end_grant", "grants", "access_log"]


@pytest.mark.parametrize("method", ABOUT_ONESELF)
@pytest.mark.parametrize("basis", ["grant", "parental", "capacity"])
def test_a_representative_neither_grants_nor_ends_a_grant_nor_reads_who_else_did(consents, give, method, basis):
    terms, named = {"level": "full"}, {"grant": give()["id"]}
    commands = {"offer_grant": {"receiver": STRANGER, **terms}, "change_grant": named | terms, "grants": {}}
    command = {} if method == "access_log" else commands.get(method, named)

    with pytest.raises(Forbidden):
        getattr(consents, method)(command, _me(GIVER, actor=RECEIVER, basis=basis))
