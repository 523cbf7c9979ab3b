"""The one table from failures to HTTP."""

import orjson
import pytest
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from helsami_gateway.errors import LoginNeeded, as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel.bodies import TooLarge
from helsami_kernel.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Internal,
    Malformed,
    NotFound,
    Refused,
    Unavailable,
)


def answer(failure, language="en"):
    return as_response(failure, Request(EnvironBuilder(headers={"Accept-Language": language}).get_environ()))


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (LoginNeeded("login-needed"), 401, "login-needed"),
        (NotFound("slot-not-found"), 404, "slot-not-found"),
        (Malformed("malformed"), 400, "malformed"),
        (Forbidden("not-permitted"), 403, "not-permitted"),
        (Conflict("slot-taken"), 409, "slot-taken"),
        (Refused("too-late"), 422, "too-late"),
        (TooLarge("body-too-large"), 413, "body-too-large"),
        (Unavailable("results"), 503, "unavailable"),
        (MethodNotAllowed(), 405, "method-not-allowed"),
        (Internal("abc"), 500, "internal"),
        (ValueError("13897012345"), 500, "internal"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_failure_has_its_status_and_code(failure, status, code):
    response = answer(failure)

    assert (response.status_code, orjson.loads(response.data)["code"]) == (status, code)
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_problem_says_which_field_and_what_is_expected():
    problem = orjson.loads(answer(Malformed("malformed", FieldProblem("slot", "the id of a slot"))).data)

    assert problem["problems"] == [{"field": "slot", "expected": "the id of a slot"}]


def test_a_problem_is_told_in_the_readers_language():
    taken = Conflict("slot-taken")
    titles = {language: orjson.loads(answer(taken, language).data)["title"] for language in ("nb", "en")}

    assert titles == {
        "nb": "Noen andre har tatt denne timen. Velg en annen.",
        "en": "Somebody else has taken this time. Please choose another.",
    }


def test_what_nobody_foresaw_keeps_its_words_to_itself_and_gives_a_number_to_ask_about():
    response = answer(ValueError("13897012345"))

    assert b"138970" not in response.data
    assert orjson.loads(response.data)["correlation"]


@pytest.mark.parametrize(
    ("failure", "header", "value"),
    [
        (MethodNotAllowed(valid_methods=["POST", "GET"]), "Allow", "GET, POST"),
        (LoginNeeded("login-needed"), "WWW-Authenticate", 'Cookie realm="HelsaMi"'),
        (LoginNeeded("system-login-needed"), "WWW-Authenticate", 'Bearer realm="HelsaMi journal"'),
    ],
)
def test_a_refusal_says_how_it_might_be_done(failure, header, value):
    assert answer(failure).headers[header] == value


def test_a_problem_is_guarded_as_any_answer_is():
    assert HEADERS.items() <= dict(answer(NotFound("slot-not-found")).headers).items()


def test_one_who_is_asked_to_come_again_is_told_when():
    assert int(answer(Unavailable("results")).headers["Retry-After"]) > 0


def test_a_refusal_by_rules_tells_the_decision_that_support_can_explain():
    refused = Refused("by-phone-only")
    refused.decision = "5d0c6f0e1a2b4c3d8e9f00112233445a"

    assert orjson.loads(answer(refused).data)["decision"] == refused.decision
    assert "decision" not in orjson.loads(answer(Refused("by-phone-only")).data)
