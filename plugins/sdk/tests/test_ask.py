"""`helsami-plugin ask`: one question, every layer's answer, the outcome, and whose it is."""

import json

import pytest

from helsami_sdk import codec, conformance
from helsami_sdk.cli import main
from helsami_sdk.hooks import HOOKS

QUESTION = {
    "action": "book",
    "visit_type": "vaccination",
    "starts_at": "2026-11-30T09:00:00+01:00",
    "asked_at": "2026-11-23T09:00:00+01:00",
}


@pytest.fixture
def ask(folder, capsys):
    """Ask the new organisation; the exit code, and what was said by whom or what was wrong."""

    def asked(hook="decide_booking", *, without=(), **fields):
        question = {name: value for name, value in {**QUESTION, **fields}.items() if name not in without}
        code = main(["ask", hook, str(folder.path), "--json", json.dumps(question)])
        told = capsys.readouterr()
        lines = (line.split("  ", 1) for line in told.out.splitlines())
        return code, {who.strip(): what.strip() for who, what in lines} or told.err

    return asked


def test_every_layers_answer_is_told_and_who_decides(ask):
    code, told = ask(actor="grant")

    assert code == 0
    assert list(told) == ["frosta/rules.py", "frosta/policy.toml", "region", "outcome", "decided by"]
    assert json.loads(told["frosta/policy.toml"])["tier"] == "direct"
    assert json.loads(told["outcome"])["reason"] == "frosta-in-person"
    assert told["decided by"] == "frosta/rules.py"


def test_where_nobody_answers_the_region_decides(ask):
    code, told = ask(visit_type="unheard-of")

    assert code == 0
    assert list(told) == ["region", "outcome", "decided by"]
    assert told["decided by"] == "region"


@pytest.mark.parametrize(
    ("fields", "without", "problem"),
    [
        ({"starts_at": "tomorrow"}, (), "starts_at: expected a time with a zone"),
        ({"action": "fly"}, (), "action: expected one of book, cancel, change, join-waitlist, video"),
        ({"age_band": "16"}, (), "age_band: expected one of 0-11, 12-15, 16+"),
        ({"unit": 7}, (), "unit: expected a text"),
        ({"who": "me"}, (), "who: unknown; expected one of action,"),
        ({}, ("visit_type",), "visit_type: missing"),
    ],
)
def test_a_question_that_is_none_is_told_by_its_field_and_an_example(ask, fields, without, problem):
    code, told = ask(without=without, **fields)

    assert code == 1
    assert problem in told
    assert 'An example: {"action"' in told


def test_what_is_in_a_list_is_looked_at_too(ask):
    recipients = [{"id": "a", "kind": "unit"}, {"id": "b", "kind": "everybody"}]

    code, told = ask("list_recipients", without=QUESTION, recipients=recipients)
    assert (code, "asked_at: missing" in told) == (1, True)

    without = QUESTION.keys() - {"asked_at"}
    code, told = ask("list_recipients", without=without, recipients=recipients)
    assert (code, "recipients[1].kind: expected one of employee, unit, user-support" in told) == (1, True)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_can_be_asked_by_its_own_example(folder, capsys, hook):
    assert main(["ask", hook, str(folder.path)]) == 1
    example = capsys.readouterr().out.splitlines()[1]

    assert main(["ask", hook, str(folder.path), "--json", example]) == 0
    assert "decided by" in capsys.readouterr().out


@pytest.mark.parametrize("hook", HOOKS)
def test_every_question_of_the_conformance_set_keeps_to_the_agreed_words(hook):
    assert [list(conformance.strays(question)) for question in conformance.questions_for(hook)].count([]) > 1
    assert not any(list(conformance.strays(question)) for question in conformance.questions_for(hook))


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("raise LookupError", "frosta/rules.py fails: LookupError at rules.py"),
        ("return 'by phone'", "frosta/rules.py fails: not an answer: 'by phone'"),
    ],
)
def test_a_rule_that_fails_is_named_and_what_holds_then_is_told(ask, folder, rule, problem):
    rules = folder.package / "rules.py"
    rules.write_text(rules.read_text().replace("    if question", f"    {rule}\n    if question", 1))

    code, told = ask()

    assert code == 1
    assert problem in told
    assert 'The safe default holds: {"tier": "phone", "reason": "rules-unavailable"' in told


def test_an_organisation_that_does_not_load_says_why(ask, folder):
    policy = folder.package / "policy.toml"
    policy.write_text(policy.read_text().replace('tier = "direct"', 'tier = "online"'))

    code, told = ask()

    assert (code, "booking[1].tier: expected one of direct, phone, request" in told) == (1, True)


def test_a_misspelt_hook_is_named(ask, folder):
    rules = folder.package / "rules.py"
    rules.write_text(rules.read_text().replace("def decide_booking", "def decide_bookings"))

    code, told = ask()

    assert (code, "unknown hook 'decide_bookings'" in told) == (1, True)


def test_a_hook_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["ask", "decide_everything"])

    assert "decide_booking" in capsys.readouterr().err


def test_an_answer_is_told_as_the_codec_writes_it(ask):
    _, told = ask()

    kind = codec.answer_kind("decide_booking")
    assert codec.dumps(codec.loads(told["outcome"], kind), kind)
