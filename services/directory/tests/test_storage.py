"""What the directory's database holds, on SQLite and PostgreSQL."""

from datetime import UTC, datetime

import eventlet
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from helsami_directory.domain import Facts, Place, Practitioner, Told
from helsami_directory.lifecycle import Change
from helsami_directory.models import CITIZENS, metadata
from helsami_directory.storage import states_told
from helsami_kernel.database import KERNEL_TABLES
from helsami_kernel.states import StatesTold

NATIONAL_ID = "13838600136"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, migrated):
    """The address of an empty database of each kind."""
    return migrated("directory", request.param)


@pytest.fixture
def opened(store, identity):
    """Open accounts, or find them."""

    def account(national_id=NATIONAL_ID):
        with store.transaction(None) as tx:
            return tx.account(identity.lookup(national_id), lambda citizen: identity.seal(national_id, citizen))

    return account


def test_the_migrations_make_the_tables_of_the_models(store):
    with store._database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), [metadata, KERNEL_TABLES])

    assert found == []


def test_an_account_is_opened_once_and_found_again(opened, store, identity):
    first, second = opened(), opened()

    assert first == second
    assert first.facts == Facts()
    assert store.reading(None).found(identity.lookup(NATIONAL_ID)) == first


def test_an_id_says_nothing_of_who_it_is(opened):
    assert len({opened(f"{number:011}").id for number in range(20)}) == 20


def test_two_first_contacts_at_once_open_one_account(opened, store):
    pile = eventlet.GreenPile()
    for _ in range(5):
        pile.spawn(opened)

    assert len({citizen.id for citizen in pile}) == 1
    assert len(store.reading(None).everyone()) == 1


def test_two_transfers_at_once_are_both_believed(opened, store, identity):
    citizen = opened()

    def tell(record, told):
        with store.transaction(None) as tx:
            found = tx.account(identity.lookup(NATIONAL_ID), lambda new: identity.seal(NATIONAL_ID, new))
            eventlet.sleep(0.1)
            tx.told(found, "st_olavs", record, told)

    pile = eventlet.GreenPile()
    pile.spawn(tell, "first", Told(protected=True))
    pile.spawn(tell, "second", Told(name="Modig Fjell"))
    list(pile)

    facts = store.reading(None).known([citizen.id])[0].facts
    assert (facts.protected, facts.name) == (True, "Modig Fjell")


def test_no_national_id_lies_in_the_database(opened, store, identity):
    citizen = opened()

    with store._database.engine.connect() as connection:
        row = connection.execute(sa.select(CITIZENS)).one()
    assert NATIONAL_ID not in str(row)
    assert [identity.open(sealed, citizen.id) for _, sealed in store.reading(None).everyone()] == [NATIONAL_ID]


def test_an_unknown_id_is_absent(opened, store):
    citizen = opened()

    assert store.reading(None).known([citizen.id, "0" * 32]) == [citizen]
    assert store.reading(None).known([]) == []


def test_ids_are_found_by_their_hashes(opened, store, identity):
    citizen, lookup = opened(), identity.lookup(NATIONAL_ID)

    assert store.reading(None).ids([lookup, "0" * 64]) == {lookup: citizen.id}


def test_a_record_that_repeats_itself_changes_nothing(opened, store):
    citizen = opened()
    for told, outcome in [
        (Told(name="Modig Fjell"), "stored"),
        (Told(name="Modig Fjell"), "unchanged"),
        (Told(name="Modig Bekk"), "stored"),
    ]:
        with store.transaction(None) as tx:
            assert tx.told(citizen, "st_olavs", "r", told) == outcome

    assert store.reading(None).known([citizen.id])[0].facts.name == "Modig Bekk"


def test_practitioners_and_places_are_kept_by_organisation_and_key(store):
    def keep(organisation, name):
        with store.transaction(None) as tx:
            return (
                tx.practitioner(organisation, "k", Practitioner(name, "Lege")),
                tx.place(organisation, "k", Place("Location", name, "")),
                tx.place(organisation, "k", Place("Organization", name, "")),
            )

    assert keep("st_olavs", "Blid Ball") == ("stored",) * 3
    assert keep("st_olavs", "Blid Ball") == ("unchanged",) * 3
    assert keep("trondheim", "Blid Ball") == ("stored",) * 3
    assert keep("st_olavs", "Blid Bekk") == ("stored",) * 3
    assert keep("st_olavs", "Blid Bekk") == ("unchanged",) * 3


def change(version, organisation="bodo", state="live"):
    return Change(version, organisation, state, NOW, "region", "because")


def test_a_history_is_newest_first_and_the_last_change_is_the_state(store):
    with store.transaction(None) as tx:
        changes = [change(1, state="rehearsed"), change(2, "oppdal"), change(3, state="shadow")]
        assert [tx.enter(one) for one in changes] == [True] * 3
        assert tx.version() == 3

    assert store.reading(None).history("bodo") == [changes[2], changes[0]]
    assert store.reading(None).current() == {"bodo": changes[2], "oppdal": changes[1]}
    assert states_told(store._database) == StatesTold(3, {"bodo": "shadow", "oppdal": "live"})


def test_before_the_first_change_the_version_is_nought(store):
    assert states_told(store._database) == StatesTold(0, {})
    with store.transaction(None) as tx:
        assert tx.version() == 0


def test_of_two_changes_at_once_the_second_looks_again_at_what_the_first_led_to(store):
    entered = {}

    def enter(organisation, state):
        with store.transaction(None) as tx:
            tries = []
            while True:
                version = tx.version()
                eventlet.sleep(0.1)
                tries.append(tx.enter(change(version + 1, organisation, state)))
                if tries[-1]:
                    break
            eventlet.sleep(0.1)
        entered[organisation] = tries

    pile = eventlet.GreenPile()
    for organisation in ("bodo", "oppdal", "levanger"):
        pile.spawn(enter, organisation, "live")
    list(pile)

    assert states_told(store._database) == StatesTold(3, dict.fromkeys(entered, "live"))
    assert all(tries[-1] and not any(tries[:-1]) for tries in entered.values())
