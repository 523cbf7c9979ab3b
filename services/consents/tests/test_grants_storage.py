"""What the database of grants allows, on SQLite and PostgreSQL."""

from datetime import UTC, datetime

import eventlet
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from helsami_consents import storage
from helsami_consents.capacity.domain import Application, Document
from helsami_consents.capacity.domain import State as Applied
from helsami_consents.grants.domain import State
from helsami_consents.models import APPLICATIONS, GRANTS, PARENTHOODS
from helsami_kernel.testing import open_store

GIVER, RECEIVER, STRANGER = "a" * 32, "b" * 32, "c" * 32
READ = frozenset({"results:read"})
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
on_both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


def _offer(store, receiver=RECEIVER):
    with store.transaction(GIVER) as tx:
        return tx.offer(receiver, READ, None)


def test_what_was_granted_before_grants_were_accepted_holds_as_it_did(old_database, clock):
    before = "INSERT INTO grants (id, giver, receiver, scopes, version, granted_at, revoked_at) VALUES"
    old = f"('1', '{GIVER}', '{RECEIVER}', 'results:read', 2, '2026-01-01 00:00:00+00:00', NULL)"
    over = f"('2', '{GIVER}', '{STRANGER}', '', 3, '2026-01-01 00:00:00+00:00', '2026-02-01 00:00:00+00:00')"
    url = old_database("consents", "0002", (GIVER, f"{before} {old}, {over}"))

    store = open_store("consents", url, storage.Reads, storage.Writes, clock)

    (kept,) = store.reading(RECEIVER).grants()
    assert (kept.id, kept.scopes, kept.version, kept.ended_at) == ("1", READ, 2, None)
    assert kept.accepted_at == kept.confirmed_at == kept.granted_at
    with store.transaction(GIVER) as tx:
        assert tx.grant_to(STRANGER).ended_as == "revoked"
    store._database.close()


@on_both
def test_both_sides_see_a_grant_and_nobody_else(store):
    grant = _offer(store)

    assert store.reading(GIVER).grants() == store.reading(RECEIVER).grants() == [grant]
    assert store.reading(STRANGER).grants() == []
    assert store.reading(STRANGER).grant(grant.id) is None
    with store.transaction(STRANGER) as tx:
        assert tx.grant(grant.id) is None


@on_both
def test_an_ended_grant_is_over_for_both_and_offered_anew_it_waits_for_a_yes(store):
    grant = _offer(store)
    with store.transaction(RECEIVER) as tx:
        tx.confirm(grant)
        ended = tx.end(grant, State.RENOUNCED)

    assert (ended.version, ended.ended_as) == (3, "renounced")
    assert store.reading(GIVER).grants() == store.reading(RECEIVER).grants() == []
    again = _offer(store)
    assert (again.id, again.version, again.accepted_at, again.ended_at) == (grant.id, 4, None, None)


@on_both
def test_nobody_grants_to_themselves(store):
    with pytest.raises(IntegrityError):
        _offer(store, receiver=GIVER)


@on_both
def test_of_several_offers_at_once_one_is_made(store):
    pile = eventlet.GreenPile()
    for _ in range(4):
        pile.spawn(_offer, store)

    assert sorted(made is None for made in pile) == [False, True, True, True]
    assert len(store.reading(GIVER).grants()) == 1


@on_postgresql
def test_row_level_security_hides_a_grant_from_statements_that_forget_whose_it_is(store):
    _offer(store)

    for citizen, seen in ((GIVER, 1), (RECEIVER, 1), (STRANGER, 0)):
        with store.transaction(citizen) as tx:
            assert len(tx.connection.execute(sa.select(GRANTS)).all()) == seen


@on_postgresql
@pytest.mark.parametrize("change", [{"scopes": "records:read"}, {"giver": STRANGER}, {"expires_at": None}])
def test_the_database_lets_a_receiver_answer_and_change_nothing_else(store, change):
    grant = _offer(store)
    if "expires_at" in change:
        with store.transaction(GIVER) as tx:
            tx.connection.execute(sa.update(GRANTS).values(expires_at=tx.now))

    with pytest.raises(ProgrammingError) as refused, store.transaction(RECEIVER) as tx:
        tx.connection.execute(sa.update(GRANTS).values(**change))
    assert refused.value.orig.pgcode == "42501"
    with store.transaction(RECEIVER) as tx:
        assert tx.confirm(grant).accepted_at is not None


@on_postgresql
def test_the_database_lets_nobody_else_write_a_grant_and_nobody_delete_one(store):
    grant = _offer(store)

    with store.transaction(STRANGER) as tx:
        assert tx.connection.execute(sa.update(GRANTS).values(scopes="records:read")).rowcount == 0
    with store.transaction(GIVER) as tx:
        assert tx.connection.execute(sa.delete(GRANTS)).rowcount == 0
    forged = {"id": "f" * 32, "giver": GIVER, "receiver": STRANGER, "scopes": "", "version": 1}
    for citizen in (RECEIVER, STRANGER):
        with pytest.raises(ProgrammingError, match="row-level security"), store.transaction(citizen) as tx:
            tx.connection.execute(sa.insert(GRANTS).values(**forged, granted_at=tx.now, confirmed_at=tx.now))
    assert store.reading(GIVER).grants() == [grant]


@on_postgresql
def test_the_database_lets_no_receiver_take_the_end_off_a_grant(store):
    grant = _offer(store)
    with store.transaction(GIVER) as tx:
        tx.end(grant, "revoked")

    with pytest.raises(ProgrammingError) as refused, store.transaction(RECEIVER) as tx:
        tx.connection.execute(sa.update(GRANTS).values(ended_at=None, ended_as=None))
    assert refused.value.orig.pgcode == "42501"
    with store.transaction(GIVER) as tx:
        assert tx.offer(RECEIVER, grant.scopes, None).version == grant.version + 2


@on_postgresql
def test_the_database_lets_no_parent_pass_what_was_agreed_on_to_another_child(store):
    with store.transaction(RECEIVER) as tx:
        begun = tx.begin_parenthood(GIVER)

    with pytest.raises(ProgrammingError) as refused, store.transaction(RECEIVER) as tx:
        tx.connection.execute(sa.update(PARENTHOODS).values(child=STRANGER))
    assert refused.value.orig.pgcode == "42501"
    with store.transaction(RECEIVER) as tx:
        assert tx.end_parenthood(begun.id, "given-up").ended_at is not None


@on_postgresql
def test_the_database_lets_no_applicant_change_whom_an_application_is_about(store):
    asked = Application(
        id="",
        applicant=RECEIVER,
        subject=GIVER,
        organisation="oya_legesenter",
        relation="relative",
        scopes=frozenset({"results:read"}),
        state=Applied.APPLIED,
        version=1,
        applied_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        decided_at=None,
        review_at=None,
        ended_at=None,
        reason="",
    )
    with store.transaction(RECEIVER) as tx:
        applied = tx.apply_for(asked, [Document(1, "Oppnevning", "application/pdf", b"%PDF-")])

    for change in ({"subject": STRANGER}, {"scopes": "records:read"}, {"organisation": "st_olavs"}):
        with pytest.raises(ProgrammingError) as refused, store.transaction(RECEIVER) as tx:
            tx.connection.execute(sa.update(APPLICATIONS).values(**change))
        assert refused.value.orig.pgcode == "42501"
    with store.transaction(RECEIVER) as tx:
        assert tx.settle(applied, Applied.WITHDRAWN).state is Applied.WITHDRAWN
