"""Decisions as staff are told them: every service's part together, and `helsami explain` in words."""

import argparse
import json

import eventlet
import orjson
import pytest
from eventlet import wsgi
from werkzeug.wrappers import Request

from helsami_gateway import decisions, explain, organisation_schemas, staff_examples
from helsami_gateway.errors import as_response
from helsami_kernel.errors import NotFound, Refusal, Unavailable
from helsami_kernel.views import UNAVAILABLE
from helsami_sdk.testing import organisations_of, rules_of

(EXAMPLE,) = staff_examples.EXPLAINED["decisions"]
KEPT = {name: value for name, value in EXAMPLE.items() if name not in {"service", "asked", "words"}}
NOTHING = orjson.dumps({"items": [], "status": "ok"})
RULES = organisations_of(rules_of())


def part(*kept):
    return orjson.dumps({"items": kept, "status": "ok"})


def test_what_is_told_is_what_the_description_shows():
    assert decisions.told({"appointments": part(KEPT), "records": NOTHING}, RULES) == staff_examples.EXPLAINED
    assert organisation_schemas.Decisions().validate(json.loads(json.dumps(staff_examples.EXPLAINED))) == {}


def test_the_newest_of_all_services_comes_first():
    older = {**KEPT, "id": "0" * 32, "last_at": "2026-11-21T00:00:00Z"}

    told = decisions.told({"appointments": part(older), "records": part(KEPT)}, RULES)

    assert [one["service"] for one in told["decisions"]] == ["records", "appointments"]


def test_a_service_that_does_not_answer_is_named():
    assert decisions.told({"appointments": part(KEPT), "records": UNAVAILABLE}, RULES)["unavailable"] == ["records"]


def test_nothing_is_said_to_be_unknown_while_somebody_might_know_it():
    with pytest.raises(Unavailable):
        decisions.told({"appointments": NOTHING, "records": UNAVAILABLE}, RULES)
    with pytest.raises(NotFound, match="decision-not-found"):
        decisions.told({"appointments": NOTHING, "records": NOTHING}, RULES)


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ("decide_booking", "This cannot be done here for the time being. Please phone."),
        ("restrict_sharing", "This organisation shows nothing here for the time being. You can phone them."),
    ],
)
def test_a_reason_has_the_words_that_the_citizen_read(hook, words):
    (one,) = decisions.told({"records": part({**KEPT, "hook": hook})}, RULES)["decisions"]

    assert one["words"]["en"] == words


def test_a_reason_without_words_and_a_hook_of_a_newer_release_are_told_all_the_same():
    (one,) = decisions.told({"records": part({**KEPT, "reason": "", "hook": "decide_parking"})}, RULES)["decisions"]

    assert one["words"] == {"nb": None, "nn": None, "en": None}
    assert one["asked"] == "decide_parking"


@pytest.fixture
def ask(monkeypatch):
    """Run the command against a small server that answers this, or refuses."""
    told = {}

    def application(environ, start_response):
        try:
            if environ["PATH_INFO"] != f"/staff/v1/decisions/{EXAMPLE['about']}":
                raise NotFound("decision-not-found")
            status, body = 200, json.dumps(told["answer"]).encode()
        except Refusal as refusal:
            answer = as_response(refusal, Request(environ))
            status, body = answer.status_code, answer.data
        start_response(f"{status} told", [("Content-Length", str(len(body)))])
        return [body]

    door = eventlet.listen(("127.0.0.1", 0))
    serving = eventlet.spawn(wsgi.server, door, application, log_output=False, keepalive=False)
    monkeypatch.setenv("HELSAMI_TOKEN", "token")

    def run(*arguments, answer=staff_examples.EXPLAINED):
        told["answer"] = answer
        parser = argparse.ArgumentParser()
        explain.command.register(parser.add_subparsers())
        parsed = parser.parse_args(["explain", "--url", f"http://127.0.0.1:{door.getsockname()[1]}", *arguments])
        return parsed.run(parsed)

    yield run
    serving.kill()
    door.close()


def test_an_explanation_says_what_was_decided_by_whom_and_why(ask, capsys):
    assert ask(EXAMPLE["about"]) == 0

    told = capsys.readouterr().out
    assert told.startswith("2026-11-22 09:20 UTC  st_olavs: phone (organisation-paused)\n")
    for words in (
        "May this person book, change or cancel directly",
        "the safe default, because of organisation-paused, version 0.1.0",
        "Dette kan ikke gjøres her for tiden.",
        EXAMPLE["id"],
        EXAMPLE["question_hash"][:16],
    ):
        assert words in told


@pytest.mark.parametrize(
    ("layer", "words"), [("region", "the region's default"), ("st_olavs/policy.toml", "st_olavs/policy.toml")]
)
def test_whose_answer_held_is_said_in_words(ask, capsys, layer, words):
    ask(EXAMPLE["about"], answer={"decisions": [{**EXAMPLE, "layer": layer, "times": 3}], "unavailable": ["records"]})

    told = capsys.readouterr().out
    assert f"decided by  {words}" in told
    assert "3 times" in told
    assert told.endswith("not all is told: records did not answer\n")


def test_the_shadow_is_said_not_to_have_decided(ask, capsys):
    ask(EXAMPLE["about"], answer={"decisions": [{**EXAMPLE, "shadow": True}], "unavailable": []})

    assert "would have been decided, and was not" in capsys.readouterr().out


def test_it_is_told_as_json(ask, capsys):
    assert ask("--json", EXAMPLE["about"]) == 0
    assert json.loads(capsys.readouterr().out) == staff_examples.EXPLAINED


def test_what_is_not_known_is_said_in_one_line(ask, capsys):
    assert ask("no-such-id") == 1
    assert capsys.readouterr().err == "helsami explain: There is no such decision here. (decision-not-found)\n"
