"""`helsami access-log verify`, after the database's superuser has had their way with the log."""

import argparse
import io
import re
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from psycopg2 import sql
from sqlalchemy.engine import make_url

from helsami_consents.access_log import command
from helsami_consents.access_log.anchors import FILE, AnchorFile
from helsami_consents.access_log.command import AccessLogCommand
from helsami_consents.access_log.domain import Access
from helsami_kernel.keys import KeyFolder
from helsami_kernel.obligations import Obligation

FIRST, SECOND, THIRD = "1" * 32, "7" * 32, "e" * 32
ROWS = 5
TABLES = ("access_log", "access_log_heads", "access_log_anchors")


@pytest.fixture(scope="module")
def url(postgres):
    """The address of one database for all of these tests: what each does to it is taken back before the next."""
    yield postgres.create_database("consents_tampered")
    postgres.drop_database("consents_tampered")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("data")
    KeyFolder(made / "keys").make()
    return made


@pytest.fixture
def data(folder, url, monkeypatch):
    """The data folder of a running system, and the environment of a command beside it."""
    monkeypatch.setenv("HELSAMI_DATABASE", url)
    monkeypatch.setenv("HELSAMI_DATA", str(folder))
    return folder


@pytest.fixture
def superuser(postgres, url):
    """Do something to the log as who may do everything: no trigger, no policy and no privilege is in the way."""

    def tamper(*statements):
        for statement in (*(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES), *statements):
            postgres.execute(sql.SQL(statement), make_url(url).database)

    return tamper


@pytest.fixture
def log(store, clock, data, superuser):
    """Log something in what begins as an empty log."""
    superuser(*(f"TRUNCATE {table}" for table in TABLES))
    (data / FILE).unlink(missing_ok=True)
    sealing = KeyFolder(data / "keys").secret("access-log")

    def looked(subject, times=1):
        for _ in range(times):
            clock.move(timedelta(seconds=1))
            with store.transaction(subject) as tx:
                tx.log(Access(clock(), "b" * 32, "grant", "home", "allowed", "grant", 1, kinds="overview"), sealing)

    return looked


@pytest.fixture
def key(data):
    return KeyFolder(data / "keys").signing("consents")


@pytest.fixture
def copies(data):
    return AnchorFile(data / FILE)


@pytest.fixture
def anchor(consents, log, clock):
    def now():
        consents.anchor_access_log(Obligation("o", "anchor_access_log", None, clock(), {}))

    return now


@pytest.fixture
def whole(log, anchor, superuser, data):
    """Three logs that are anchored, each in two steps; written by the first test, and restored for the others."""
    kept = data / "kept"
    if kept.exists():
        superuser(*(f"INSERT INTO {table} SELECT * FROM kept_{table}" for table in TABLES))
        (data / FILE).write_bytes(kept.read_bytes())
        return
    for subject in (FIRST, SECOND, THIRD):
        log(subject, ROWS - 1)
    anchor()
    for subject in (FIRST, SECOND, THIRD):
        log(subject)
    anchor()
    superuser(*(f"CREATE TABLE kept_{table} AS TABLE {table}" for table in TABLES))
    kept.write_bytes((data / FILE).read_bytes())


@pytest.fixture
def verify(data, monkeypatch):
    """Run the command: its exit code, and what it says."""

    def run(*told):
        parser = argparse.ArgumentParser()
        AccessLogCommand().register(parser.add_subparsers())
        arguments = parser.parse_args(["access-log", "verify", "--processes", "1", *told])
        said = io.StringIO()
        monkeypatch.setattr("sys.stdout", said)
        code = arguments.run(arguments)
        return code, said.getvalue()

    return run


def _named(said):
    """Each finding: its fault, and the row and the subject that it names."""
    found = re.findall(r"^([a-z-]+): row (\d+) of the log of ([0-9a-f]{32})", said, re.MULTILINE)
    return [(fault, int(row), subject) for fault, row, subject in found]


def test_a_log_that_nobody_has_touched_is_whole(whole, log, verify):
    log(THIRD, 2)

    code, said = verify()

    assert code == 0
    assert said.startswith("ok: 17 rows about 3 people, 2 anchors; 2 rows are newer than the last in ")


AT = f"owner = '{SECOND}' AND sequence"
MINE = f"owner = '{SECOND}'"
COLUMNS = (
    "at, actor, basis, purpose, outcome, reason, consent_version, organisation, unit, name, profession, kinds, source"
)
COPY = (
    f"INSERT INTO access_log (owner, sequence, previous, hash, seal, {COLUMNS})"
    f" SELECT owner, {{to}}, previous, hash, seal, {COLUMNS} FROM access_log WHERE {AT} = {{of}}"
)
HEAD_BACK_TO = (
    "UPDATE access_log_heads SET sequence = {row}, anchored = {row},"
    f" hash = (SELECT hash FROM access_log WHERE {AT} = {{row}}) WHERE {MINE}"
)
CUT = f"DELETE FROM access_log WHERE {AT} > 3"
TAMPERINGS = {
    "edit": ([f"UPDATE access_log SET actor = 'somebody' WHERE {AT} = 3"], ("altered", 3)),
    "edit of a time by a microsecond": (
        [f"UPDATE access_log SET at = at + interval '1 microsecond' WHERE {AT} = 5"],
        ("altered", 5),
    ),
    "edit of the hash": ([f"UPDATE access_log SET hash = repeat('0', 64) WHERE {AT} = 2"], ("altered", 2)),
    "edit of the seal": ([f"UPDATE access_log SET seal = repeat('0', 64) WHERE {AT} = 2"], ("forged", 2)),
    "delete of the first": ([f"DELETE FROM access_log WHERE {AT} = 1"], ("missing", 1)),
    "delete": ([f"DELETE FROM access_log WHERE {AT} = 3"], ("missing", 3)),
    "delete and renumber": (
        [
            f"DELETE FROM access_log WHERE {AT} = 3",
            f"UPDATE access_log SET sequence = sequence - 1 WHERE {AT} = 4",
            f"UPDATE access_log SET sequence = sequence - 1 WHERE {AT} = 5",
        ],
        ("out-of-place", 3),
    ),
    "swap": (
        [
            f"UPDATE access_log SET sequence = 99 WHERE {AT} = 2",
            f"UPDATE access_log SET sequence = 2 WHERE {AT} = 4",
            f"UPDATE access_log SET sequence = 4 WHERE {AT} = 99",
        ],
        ("out-of-place", 2),
    ),
    "swap of neighbours at the end": (
        [
            f"UPDATE access_log SET sequence = 99 WHERE {AT} = 4",
            f"UPDATE access_log SET sequence = 4 WHERE {AT} = 5",
            f"UPDATE access_log SET sequence = 5 WHERE {AT} = 99",
        ],
        ("out-of-place", 4),
    ),
    "swap of what two rows say": (
        [
            f"UPDATE access_log SET at = (SELECT at FROM access_log WHERE {AT} = 4), actor = 'x' WHERE {AT} = 2",
            f"UPDATE access_log SET at = at - interval '2 seconds' WHERE {AT} = 4",
        ],
        ("altered", 2),
    ),
    "delete of two with the links made to fit": (
        [
            f"DELETE FROM access_log WHERE {AT} IN (2, 3)",
            f"UPDATE access_log SET previous = (SELECT hash FROM access_log WHERE {AT} = 1) WHERE {AT} = 4",
            f"UPDATE access_log SET sequence = 2 WHERE {AT} = 4",
            f"UPDATE access_log SET sequence = 3 WHERE {AT} = 5",
        ],
        ("altered", 2),
    ),
    "insert before the first": (
        [
            f"UPDATE access_log SET sequence = -sequence WHERE {MINE}",
            f"UPDATE access_log SET sequence = 1 - sequence WHERE {MINE}",
            COPY.format(to=1, of=2),
        ],
        ("inserted", 2),
    ),
    "insert at the end": ([COPY.format(to=6, of=5)], ("inserted", 6)),
    "insert at the end, with the head": (
        [COPY.format(to=6, of=5), f"UPDATE access_log_heads SET sequence = 6 WHERE {MINE}"],
        ("inserted", 6),
    ),
    "insert in the middle": (
        [
            f"UPDATE access_log SET sequence = 6 WHERE {AT} = 5",
            f"UPDATE access_log SET sequence = 5 WHERE {AT} = 4",
            COPY.format(to=4, of=3),
        ],
        ("inserted", 4),
    ),
    "truncate the last rows": ([CUT], ("truncated", 4)),
    "truncate the last rows with the head": ([CUT, HEAD_BACK_TO.format(row=3)], ("truncated", 4)),
    "truncate the last row with the head": (
        [f"DELETE FROM access_log WHERE {AT} = 5", HEAD_BACK_TO.format(row=4)],
        ("truncated", 5),
    ),
    "delete the chain": ([f"DELETE FROM access_log WHERE {MINE}"], ("truncated", 1)),
    "delete the chain and its head": (
        [f"DELETE FROM access_log WHERE {MINE}", f"DELETE FROM access_log_heads WHERE {MINE}"],
        ("truncated", 1),
    ),
    "edit the head": ([f"UPDATE access_log_heads SET sequence = 4 WHERE {MINE}"], ("head", 5)),
    "delete the head": ([f"DELETE FROM access_log_heads WHERE {MINE}"], ("head", 5)),
    "move to another subject": (
        [f"UPDATE access_log SET owner = '{FIRST}', sequence = 6 WHERE {AT} = 5"],
        ("truncated", 5),
    ),
}


@pytest.mark.parametrize("way", TAMPERINGS)
def test_the_row_is_named_whatever_a_superuser_did_to_it(whole, superuser, verify, way):
    statements, (fault, row) = TAMPERINGS[way]
    superuser(*statements)

    code, said = verify()

    assert code == 1
    assert (fault, row, SECOND) in _named(said)
    if way != "move to another subject":
        assert len(_named(said)) == 1


def test_a_row_that_a_superuser_added_with_a_right_hash_and_head_has_no_seal_that_holds(
    whole, superuser, verify, store, clock
):
    reads = store.reading(SECOND)
    forged = reads.head().link(SECOND, replace(reads.chain()[-1].access, actor="c" * 32), key=b"not the key")
    superuser(
        COPY.format(to=6, of=5),
        f"UPDATE access_log SET actor = '{'c' * 32}', previous = '{forged.previous}', hash = '{forged.hash}',"
        f" seal = '{forged.seal}' WHERE {AT} = 6",
        f"UPDATE access_log_heads SET sequence = 6, hash = '{forged.hash}' WHERE {MINE}",
    )

    assert _named(verify()[1]) == [("forged", 6, SECOND)]


def test_everything_gone_names_the_first_row_of_each(whole, superuser, verify):
    superuser("TRUNCATE access_log", "TRUNCATE access_log_heads")

    code, said = verify()

    assert code == 1
    assert sorted(_named(said)) == [("truncated", 1, subject) for subject in (FIRST, SECOND, THIRD)]


def test_a_subject_who_is_gone_from_database_and_anchors_alike_is_named_by_the_copy_outside(
    whole, superuser, verify, data
):
    superuser(
        f"DELETE FROM access_log WHERE {MINE}",
        f"DELETE FROM access_log_heads WHERE {MINE}",
        "DELETE FROM access_log_anchors",
    )

    assert _named(verify()[1]) == [("truncated", 1, SECOND)]
    assert "missing: anchor 2 in the database" in verify()[1]


def test_everything_after_an_anchor_that_is_gone_is_named_by_the_head(whole, log, superuser, verify):
    log(SECOND, 3)
    superuser(f"DELETE FROM access_log WHERE {AT} > {ROWS}")

    assert _named(verify()[1]) == [("truncated", ROWS + 1, SECOND)]


def test_what_is_gone_with_its_head_shows_from_the_next_anchor_on_and_not_before(whole, log, anchor, superuser, verify):
    log(SECOND, 3)
    superuser(f"DELETE FROM access_log WHERE {AT} > {ROWS}", HEAD_BACK_TO.format(row=ROWS))
    assert verify()[0] == 0, "the README says so: of the last minute nothing outside of the database tells"

    log(SECOND, 3)
    anchor()
    superuser(f"DELETE FROM access_log WHERE {AT} > {ROWS}", HEAD_BACK_TO.format(row=ROWS))

    assert _named(verify()[1]) == [("truncated", ROWS + 1, SECOND)]


def test_without_a_copy_outside_anchors_that_go_as_well_go_unseen_and_with_one_they_do_not(
    whole, superuser, verify, data
):
    superuser(
        CUT,
        HEAD_BACK_TO.format(row=3),
        "DELETE FROM access_log_anchors",
    )

    code, said = verify()

    assert code == 1
    assert _named(said) == [("truncated", 4, SECOND)]
    assert [line for line in said.splitlines() if "anchor" in line][:2] == [
        "missing: anchor 1 in the database",
        "missing: anchor 2 in the database",
    ]
    (data / FILE).rename(data / "elsewhere")
    assert verify()[0] == 0
    assert verify("--anchors", str(data / "elsewhere"))[0] == 1


def test_an_anchor_that_a_superuser_wrote_is_not_believed(whole, superuser, verify, data):
    superuser(
        CUT,
        HEAD_BACK_TO.format(row=3),
        "UPDATE access_log_anchors SET text = (SELECT text FROM access_log_anchors WHERE number = 1) WHERE number = 2",
    )
    (data / FILE).rename(data / "elsewhere")

    code, said = verify()

    assert code == 1
    assert "altered: anchor 2 in the database" in said
    assert _named(said) == [("truncated", 4, SECOND)], "the first anchor still vouches for the fourth row"


def test_what_was_logged_before_seals_is_vouched_for_by_the_first_anchor_and_nothing_after_it(
    log, anchor, superuser, verify
):
    log(FIRST, 2)
    superuser("UPDATE access_log SET seal = NULL")
    anchor()
    log(FIRST)
    assert verify()[0] == 0

    superuser("UPDATE access_log SET seal = NULL WHERE sequence = 3")

    assert _named(verify()[1]) == [("forged", 3, FIRST)]


def test_an_anchor_that_was_made_meanwhile_is_no_finding(whole, log, anchor, verify, data, monkeypatch):
    really = command.newest_in

    def and_then_somebody_looks(copies):
        newest = really(copies)
        log(FIRST)
        anchor()
        return newest

    monkeypatch.setattr(command, "newest_in", and_then_somebody_looks)

    assert verify()[0] == 0


def test_several_processes_find_what_one_finds_and_tell_it_to_programs_and_to_prometheus(
    whole, superuser, verify, data
):
    superuser(f"DELETE FROM access_log WHERE {AT} = 3", f"DELETE FROM access_log WHERE owner = '{THIRD}'")

    code, said = verify("--processes", "2", "--json", "--metrics", str(data / "log.prom"))

    told = orjson.loads(said)
    assert code == 1
    assert sorted((one["subject"], one["sequence"], one["fault"]) for one in told["findings"]) == [
        (SECOND, 3, "missing"),
        (THIRD, 1, "truncated"),
    ]
    assert (told["anchors"], told["anchor_findings"]) == (2, [])
    assert "helsami_access_log_findings 2\n" in (data / "log.prom").read_text()


def test_a_number_of_processes_that_makes_no_sense_is_refused(verify, capsys):
    with pytest.raises(SystemExit):
        verify("--processes", "0")

    assert "from 1 to 64" in capsys.readouterr().err
