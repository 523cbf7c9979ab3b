"""`helsami import` against a small journal that checks, keeps and answers as the real one does."""

import argparse
import gzip
import json
from datetime import UTC, datetime, timedelta

import eventlet
import pytest
from eventlet import wsgi

from helsami_gateway import importing, tokens
from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.normalise import Deliverable, prepare
from helsami_gateway.fhir.outcomes import Fate, Outcome, batch_response, operation_outcome
from helsami_kernel.errors import Refusal

TOKEN = "token-of-st-olavs"


class Journal:
    """A WSGI application: opens, prepares and keeps bundles in memory."""

    def __init__(self):
        self.received, self.store = [], {}

    def __call__(self, environ, start_response):
        status, told = self.answered(environ)
        body = json.dumps(told).encode()
        start_response(f"{status} told", [("Content-Length", str(len(body)))])
        return [body]

    def answered(self, environ):
        body = environ["wsgi.input"].read()
        if (environ["PATH_INFO"], environ["CONTENT_TYPE"]) != ("/journal/v1/fhir", "application/fhir+json"):
            return 404, {}
        if environ["HTTP_ACCEPT_LANGUAGE"] != "en":
            return 406, {}
        if environ["HTTP_AUTHORIZATION"] != f"Bearer {TOKEN}":
            return 401, {"title": "no"}
        try:
            bundle = read_bundle(body, "st_olavs")
        except Refusal as refusal:
            return 403 if refusal.code == "another-organisation" else 400, operation_outcome(refusal)
        self.received.append(json.loads(body))
        return 200, batch_response([self.kept(one) for one in prepare(bundle)])

    def kept(self, one):
        if not isinstance(one, Deliverable):
            return one
        same = self.store.get((one.type, one.key)) == one.resource
        self.store[one.type, one.key] = one.resource
        return Outcome(one.index, one.type, Fate.UNCHANGED if same else Fate.STORED)


@pytest.fixture
def server(monkeypatch):
    journal = Journal()
    door = eventlet.listen(("127.0.0.1", 0))
    serving = eventlet.spawn(wsgi.server, door, journal, log_output=False, keepalive=False)
    journal.url = f"http://127.0.0.1:{door.getsockname()[1]}"
    monkeypatch.setenv("HELSAMI_TOKEN", TOKEN)
    monkeypatch.setenv("HELSAMI_URL", journal.url)
    yield journal
    serving.kill()
    door.close()


@pytest.fixture
def run():
    def command(*arguments):
        parser = argparse.ArgumentParser()
        importing.command.register(parser.add_subparsers())
        parsed = parser.parse_args(["import", *map(str, arguments)])
        return parsed.run(parsed)

    return command


@pytest.fixture
def save(tmp_path, bundled):
    def file(name, *resources, **more):
        content = bundled(*resources, **more)
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return file


def test_a_file_is_sent_and_told_in_a_line(run, save, server, capsys, patient, condition):
    claim = {"resourceType": "Claim", "id": "x"}

    assert run("--org", "st_olavs", save("modig.json.gz", patient, condition, claim)) == 0

    told = capsys.readouterr()
    counted = "stored=2  unchanged=0  accepted=0  not-supported=1 (Claim 1)  refused=0"
    assert told.out == f"modig.json.gz  13924500160  {counted}\n"
    assert "import: 100%" in told.err
    assert server.received[0]["meta"]["source"] == "urn:helsami:organisation:st_olavs"


def test_the_second_time_everything_is_unchanged(run, save, server, capsys, patient, condition):
    file = save("modig.json", patient, condition)
    run("--org", "st_olavs", "--recent", file)
    capsys.readouterr()

    assert run("--org", "st_olavs", "--recent", file) == 0

    assert "stored=0  unchanged=2" in capsys.readouterr().out
    assert server.received[0] == server.received[1]


def test_a_stranger_gets_a_number_and_recent_dates(run, save, server, capsys, patient, condition):
    patient["identifier"] = patient["identifier"][:1]

    assert run("--org", "st_olavs", "--recent", save("modig.json", patient, condition)) == 0

    sent = [entry["resource"] for entry in server.received[0]["entry"]]
    assert sent[0]["identifier"][1]["value"].startswith("139245")
    assert sent[0]["identifier"][1]["value"] in capsys.readouterr().out
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert sent[1]["onsetDateTime"] == f"{yesterday}T10:00:00+02:00"
    assert sent[0]["birthDate"] == "1945-12-13"


def test_without_recent_the_dates_stay(run, save, server, patient, condition):
    run("--org", "st_olavs", save("modig.json", patient, condition))

    assert server.received[0]["entry"][1]["resource"] == condition


def test_bundles_about_nobody_go_first(run, save, server, patient):
    hospital = {"resourceType": "Organization", "id": "h1", "name": "Fjordbyen sykehus"}

    run("--org", "st_olavs", save("a.json", patient), save("b.json", hospital), save("c.json", patient))

    assert [bundle["entry"][0]["resource"]["resourceType"] for bundle in server.received] == [
        "Organization",
        "Patient",
        "Patient",
    ]


def test_a_refused_entry_is_counted_and_explained(run, save, server, capsys, patient, condition):
    wrong = [condition | {"id": f"w{number}", "onsetDateTime": "2023-02-29"} for number in range(3)]

    assert run("--org", "st_olavs", save("modig.json", patient, condition, *wrong)) == 1

    told = capsys.readouterr()
    assert "stored=2" in told.out
    assert "refused=3" in told.out
    assert "modig.json: refused 3: Condition.onsetDateTime: expected a date that exists" in told.err


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"type": "searchset"}, "Bundle.type: expected one of transaction, batch, collection"),
        (
            {"meta": {"source": "urn:helsami:organisation:trondheim"}},
            "Bundle.meta.source: expected the organisation that logged in",
        ),
    ],
)
def test_a_bundle_refused_whole_is_counted_and_explained_and_the_next_is_sent(
    run, save, server, capsys, patient, more, why
):
    assert run("--org", "st_olavs", save("bad.json", patient, **more), save("good.json", patient)) == 1

    told = capsys.readouterr()
    assert f"bad.json: refused 1: {why}" in told.err
    assert "good.json  13924500160  stored=1" in told.out


def test_an_unreadable_file_stops_everything_before_anything_is_sent(run, save, server, capsys, tmp_path, patient):
    (tmp_path / "cut.json").write_text('{"resourceType": "Bun')

    assert run("--org", "st_olavs", save("good.json", patient), tmp_path / "cut.json") == 2

    told = capsys.readouterr()
    assert told.err.startswith("helsami import: ")
    assert told.err.count("\n") == 1
    assert "cut.json: not JSON" in told.err
    assert server.received == []


def test_no_server_is_one_line(run, save, server, capsys, patient):
    assert run("--org", "st_olavs", "--url", "http://127.0.0.1:9", save("a.json", patient)) == 2

    assert capsys.readouterr().err.splitlines()[-1] == "helsami import: no server answers at http://127.0.0.1:9"


def test_a_token_that_is_not_accepted_is_one_line(run, save, server, capsys, patient, monkeypatch):
    monkeypatch.setenv("HELSAMI_TOKEN", "another")

    assert run("--org", "st_olavs", save("a.json", patient)) == 2

    assert "does not accept the token" in capsys.readouterr().err.splitlines()[-1]


def test_no_token_and_no_keys_is_one_line(run, save, server, capsys, patient, monkeypatch, tmp_path):
    monkeypatch.delenv("HELSAMI_TOKEN")
    monkeypatch.setenv("HELSAMI_DATA", str(tmp_path / "nothing"))

    assert run("--org", "st_olavs", save("a.json", patient)) == 2

    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("helsami import: no token in HELSAMI_TOKEN, nor keys")
    assert "HELSAMI_DATA" in told
    assert "keys make" not in told
    assert server.received == []


def test_an_empty_bundle_is_taken_and_told(run, save, server, capsys):
    assert run("--org", "st_olavs", save("empty.json")) == 0

    assert capsys.readouterr().out == "empty.json  -  stored=0  unchanged=0  accepted=0  not-supported=0  refused=0\n"


def test_a_token_is_made_from_the_keys_for_each_bundle(run, save, server, patient, monkeypatch):
    monkeypatch.delenv("HELSAMI_TOKEN")
    made = []
    monkeypatch.setattr(tokens, "system_token", lambda organisation: made.append(organisation) or TOKEN)

    assert run("--org", "st_olavs", save("a.json", patient), save("b.json", patient)) == 0

    assert made == ["st_olavs", "st_olavs"]


def test_an_answer_that_is_no_journals_is_one_line(run, save, server, capsys, patient):
    url = f"{server.url}/elsewhere"

    assert run("--org", "st_olavs", "--url", url, save("a.json", patient)) == 2

    assert capsys.readouterr().err.splitlines()[-1].endswith("answers 404, and not as a journal does")


def test_what_was_sent_before_the_hindrance_is_told(run, save, server, capsys, patient, monkeypatch):
    tokens = iter([TOKEN, "expired"])
    monkeypatch.setattr(importing, "system_token", lambda _organisation: next(tokens))

    assert run("--org", "st_olavs", save("a.json", patient), save("b.json", patient)) == 2

    assert capsys.readouterr().out.startswith("a.json  13924500160  stored=1")
