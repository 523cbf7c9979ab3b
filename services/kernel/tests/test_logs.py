"""Log lines: a few named fields, and nothing that was said by a person, a library or an exception."""

import base64
import io
import json
import logging
import sys
import threading
import traceback
import urllib.parse
import warnings

import eventlet
import pytest

from helsami_kernel import logs, tracing

NATIONAL_ID = "01815012345"
PASSWORD = "hunter2hunter2"
FORMS = {
    "plain": NATIONAL_ID,
    "spaced": "018150 12345",
    "hyphens": "01-81-50-12345",
    "dots": "01.81.50.12345",
    "percent": "".join(f"%{ord(digit):02X}" for digit in NATIONAL_ID),
    "percent space": urllib.parse.quote("018150 12345"),
    "base64": base64.b64encode(NATIONAL_ID.encode()).decode(),
    "base64url in a token": base64.urlsafe_b64encode(b'{"pid":"' + NATIONAL_ID.encode() + b'"}').decode().rstrip("="),
    "base64 behind a slash": "person/" + base64.b64encode(b"x" + NATIONAL_ID.encode()).decode(),
}


@pytest.fixture
def written():
    """What is logged in this test, line by line; everything that was taken over is given back."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level, logging.raiseExceptions
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    hub = eventlet.hubs.get_hub()
    logs.start(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logs._stream = None
    logs.write_from("info")
    root.handlers, root.level, logging.raiseExceptions = before
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    for name in ("squelch_exception", "squelch_timer_exception", "squelch_generic_exception"):
        hub.__dict__.pop(name, None)
    eventlet.greenpool.traceback = traceback


def fail(text=NATIONAL_ID):
    raise ValueError(f"{text} is not a citizen")


def caught():
    try:
        fail()
    except ValueError as error:
        return error


def test_an_entrypoint_is_one_line(written):
    with tracing.continued(None) as trace:
        logs.entrypoint("results", "page", "rpc", "ok", 0.01234)

    (line,) = written()
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "service": "results",
        "entrypoint": "page",
        "kind": "rpc",
        "outcome": "ok",
        "ms": 12.34,
        "trace": trace.trace_id,
    }


def test_a_fault_is_told_by_its_class_and_place_and_not_by_its_text(written):
    logs.entrypoint("results", "page", "rpc", "error", 0.01, caught())

    (line,) = written()
    assert line["level"] == "error"
    assert line["error"] == "builtins.ValueError"
    assert line["where"].startswith("tests/test_logs.py:")
    assert "citizen" not in json.dumps(line)


def test_a_process_that_is_told_to_write_from_warning_up_keeps_faults_and_incidents(written):
    logs.write_from("warning")
    logs.entrypoint("results", "page", "rpc", "ok", 0.01)
    logs.fact("started")
    logs.entrypoint("results", "page", "rpc", "error", 0.01, caught())
    logs.incident("x")
    logging.getLogger("kombu").critical("told")

    assert [line["level"] for line in written()] == ["error", "warning", "critical"]


def test_what_was_already_done_is_no_news(written):
    logs.entrypoint("notifications", "tell_of_result", "event", "duplicate", 0.01)

    assert written() == []


def test_an_incident_has_a_code_and_only_the_facts_that_were_given(written):
    logs.incident("rules-not-answered", organisation="st_olavs", hook="classify_result", reason="raised", count=0)

    (line,) = written()
    assert set(line) == {"time", "level", "code", "organisation", "hook", "reason", "count"}


def test_a_field_that_is_not_listed_cannot_be_told():
    with pytest.raises(TypeError):
        logs.incident("x", citizen="c1")
    assert set(logs.FIELDS) >= {"time", "level", "service", "entrypoint", "outcome", "ms", "trace", "code"}
    assert not set(logs.FIELDS) & {"message", "msg", "text", "args", "body", "subject", "actor"}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_national_id_does_not_get_through_in_any_form(written, form):
    logs.incident("x", reason=f"before {FORMS[form]} after", event=f"pid={FORMS[form]}")

    text = json.dumps(written())
    assert FORMS[form] not in text
    assert text.count(logs.REDACTED) == 2


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "slot_booked",
        "st_olavs",
        "helsami_results/service.py:41",
        "1234567890",
        "summary_published_to_the_citizen",
        "9d0ad3fe-8ad4-4d6f-8f0e-abcdefabcdef",
    ],
)
def test_what_is_no_number_of_eleven_digits_stays(text):
    assert logs.redacted(text) == text


def test_a_librarys_record_keeps_its_logger_level_and_exception_class(written):
    try:
        fail()
    except ValueError:
        logging.getLogger("kombu.transport").exception("amqp://guest:%s@broker said %s", PASSWORD, NATIONAL_ID)
    logging.getLogger("kombu").info("not told")

    (line,) = written()
    assert {name: line[name] for name in ("logger", "level", "error")} == {
        "logger": "kombu.transport",
        "level": "error",
        "error": "builtins.ValueError",
    }
    assert set(line) == {"time", "level", "logger", "error", "where"}


def test_a_librarys_record_that_cannot_be_formatted_says_nothing_more(written, capfd):
    logging.getLogger("kombu").warning("%d", PASSWORD)

    assert [line["logger"] for line in written()] == ["kombu"]
    assert written()[0]["where"].startswith("tests/test_logs.py:")
    assert PASSWORD not in "".join(capfd.readouterr())


def test_a_warning_is_told_without_its_text(written):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"{PASSWORD} is weak", stacklevel=1)

    assert [line["logger"] for line in written()] == ["py.warnings"]
    assert PASSWORD not in json.dumps(written())


def test_what_a_greenlet_leaves_uncaught_is_a_line_and_not_a_traceback(written, capfd):
    eventlet.spawn(fail)
    eventlet.spawn_n(fail)
    eventlet.spawn_after(0, fail)
    pool = eventlet.GreenPool()
    pool.spawn_n(fail)
    pool.waitall()
    eventlet.sleep(0.01)

    assert [(line["code"], line["error"]) for line in written()] == [("uncaught", "builtins.ValueError")] * 4
    assert NATIONAL_ID not in "".join(capfd.readouterr())


def test_what_ends_the_process_is_a_line_and_not_a_traceback(written, capfd):
    error = caught()
    sys.excepthook(ValueError, error, error.__traceback__)

    assert written()[0]["reason"] == "process"
    assert NATIONAL_ID not in "".join(capfd.readouterr())


def test_a_log_that_nobody_reads_any_more_fails_nothing(written):
    logs._stream.close()

    logs.incident("x")


def test_a_very_long_value_is_cut(written):
    logs.incident("x", reason="y" * 10_000)

    assert len(written()[0]["reason"]) == logs.LONGEST_VALUE
