"""The trace of a request: read strictly, handed on, and never in the way."""

import eventlet
import pytest

from helsami_kernel import tracing

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_step_belongs_to_the_request_that_sent_it_and_has_an_id_of_its_own():
    with tracing.continued(SENT) as trace:
        assert trace.trace_id == tracing.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert trace.span_id != "00f067aa0ba902b7"
        assert trace.flags == "01"
        assert tracing.current() == str(trace)


def test_what_a_step_sends_is_a_step_of_the_same_request():
    with tracing.continued(SENT) as trace:
        sent = tracing.parse(tracing.child())

    assert (sent.trace_id, sent.flags) == (trace.trace_id, "01")
    assert sent.span_id != trace.span_id


def test_outside_a_request_there_is_no_trace_and_a_message_begins_one():
    assert tracing.current() is None
    assert tracing.trace_id() is None
    assert tracing.parse(tracing.child()) is not None


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "01815012345",
        SENT.upper(),
        SENT[:-3],
        SENT + "-00",
        "ff" + SENT[2:],
        "00-" + "0" * 32 + SENT[35:],
        SENT[:36] + "0" * 16 + "-01",
        " " + SENT,
        SENT + "\n",
        SENT.replace("4bf9", "४bf9"),
    ],
)
def test_what_is_no_traceparent_begins_a_new_request(text):
    assert tracing.parse(text) is None
    with tracing.continued(text) as trace:
        assert tracing.parse(str(trace)) == trace


def test_a_later_version_may_say_more():
    assert tracing.parse("01" + SENT[2:] + "-more").trace_id == SENT[3:35]


def test_requests_served_at_once_do_not_mix():
    seen = {}

    def serve(name):
        with tracing.continued(None) as trace:
            eventlet.sleep(0)
            seen[name] = (trace.trace_id, tracing.trace_id())

    pool = eventlet.GreenPool()
    for name in range(3):
        pool.spawn(serve, name)
    pool.waitall()

    assert all(began == during for began, during in seen.values())
    assert len({began for began, _ in seen.values()}) == 3


def test_the_trace_before_is_back_after_a_step_that_failed():
    with tracing.continued(SENT) as outer:
        with pytest.raises(KeyError), tracing.continued(None):
            raise KeyError
        assert tracing.current() == str(outer)
