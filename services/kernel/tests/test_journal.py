"""A delivery is taken entry by entry, and each says what became of it."""

import pytest
import sqlalchemy as sa

from helsami_kernel import journal
from helsami_kernel.database import Database, Writes
from helsami_kernel.errors import Forbidden, Malformed, load
from helsami_kernel.testing import MovableClock, citizen_token, system_token

SYSTEM = system_token("st_olavs")


def command(*entries, citizen="c1"):
    return {
        "citizen": citizen,
        "entries": [{"index": index, "type": "Condition", "key": "k"} | entry for index, entry in enumerate(entries)],
    }


def take(*entries, keep=lambda read: [journal.STORED] * len(read), **readers):
    return journal.take(journal.delivered(command(*entries), SYSTEM), readers, keep)["outcomes"]


def entry(**parts):
    return {"resource": {"resourceType": "Condition"}} | parts


def by_key(entry):
    match entry.key:
        case "bad":
            raise journal.Unreadable("nameless", "Condition.code")
        case "strange":
            raise journal.Unsupported("content-type", "Condition.code")
    return None if entry.key == "void" else entry.key


def test_one_bad_entry_is_refused_by_itself_with_its_place():
    entries = [entry(key="new"), entry(key="bad"), entry(key="known"), entry(key="strange")]

    assert take(*entries, Condition=by_key, keep=lambda _: ["stored", "unchanged", "stored"]) == [
        {"index": 0, "outcome": "stored"},
        {"index": 1, "outcome": "refused", "code": "nameless", "path": "Condition.code"},
        {"index": 2, "outcome": "unchanged"},
        {"index": 3, "outcome": "not supported", "code": "content-type", "path": "Condition.code"},
    ]


def test_what_was_taken_back_or_can_no_longer_be_shown_is_withdrawn_in_its_order():
    kept = []

    def keep(read):
        kept.extend((entry.item_key, thing) for entry, thing in read)
        return [journal.STORED] * len(read)

    entries = [entry(key=key) for key in ("a", "void", "bad", "strange", "b")]
    take(*entries, entry(type="Goal"), Condition=by_key, keep=keep)

    assert kept == [
        ("Condition|a", "a"),
        ("Condition|void", None),
        ("Condition|strange", None),
        ("Condition|b", "b"),
    ]


def test_a_type_that_is_not_owned_is_not_supported():
    assert take(entry(type="Goal"), Condition=by_key) == [
        {"index": 0, "outcome": "not supported", "code": "type", "path": "Goal"}
    ]


@pytest.mark.parametrize("key", ["x" * 271, "a\x00b"])
def test_a_key_that_no_column_holds_is_refused_by_itself(key):
    refused, stored = take(entry(key=key), entry(), Condition=by_key)

    assert refused == {"index": 0, "outcome": "refused", "code": "key", "path": "Condition.identifier"}
    assert stored["outcome"] == "stored"


def test_what_breaks_in_a_reader_is_not_taken_for_a_refusal():
    def broken(_entry):
        raise KeyError("code")

    with pytest.raises(KeyError):
        take(entry(), Condition=broken)


def test_an_entry_keeps_its_visits_setting_and_ignores_what_a_later_journal_adds():
    delivery = journal.delivered(command(entry(setting="inpatient", later=1)), SYSTEM)

    assert delivery.entries[0].setting == "inpatient"
    assert delivery.entries[0].item_key == "Condition|k"
    assert delivery.organisation == "st_olavs"


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"citizen": "c1"}, "entries"),
        ({"entries": []}, "citizen"),
        (command({"resource": "text"}), "entries.0.resource"),
        (command(entry(index="first")), "entries.0.index"),
        (command(entry()) | {"organisation": "trondheim"}, "."),
    ],
)
def test_a_command_of_another_form_is_malformed(broken, field):
    with pytest.raises(Malformed) as refusal:
        journal.delivered(broken, SYSTEM)

    assert [problem.field for problem in refusal.value.problems] == [field]


def test_what_belongs_to_citizens_names_one():
    with pytest.raises(Malformed):
        journal.delivered_about_someone(command(entry(), citizen=None), SYSTEM)

    assert journal.delivered_about_someone(command(entry()), SYSTEM)[1] == "c1"


def test_a_token_that_speaks_for_no_organisation_delivers_nothing():
    with pytest.raises(Forbidden):
        journal.delivered(command(entry()), citizen_token("c1", ["journal:write"]))


def test_the_outcomes_pass_the_schema_of_the_answer():
    outcomes = {"outcomes": take(entry(), entry(key="bad"), Condition=by_key)}

    assert load(journal.ReceiveOutcome, journal.ReceiveOutcome().dump(outcomes)) == outcomes


def test_transactions_of_one_owner_take_turns_and_those_of_others_do_not_wait(new_database):
    database = Database(new_database("turns"), 3, MovableClock(SYSTEM.issued_at))
    with database.transaction(Writes, "c1") as first:
        journal.take_turns(first)
        with database.transaction(Writes, "c2") as other:
            journal.take_turns(other)
        with database.transaction(Writes, "c1") as second:
            second.connection.exec_driver_sql("set local lock_timeout = '50ms'")
            with pytest.raises(sa.exc.OperationalError):
                journal.take_turns(second)
    database.close()
