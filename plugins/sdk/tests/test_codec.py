"""Questions and answers cross to a plugin host and back as JSON, unharmed, and nothing else does."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import BookingDecision, BookingQuestion, ResultClass, SlotChoice, SlotsQuestion, Tier
from helsami_sdk.codec import answer_kind, dumps, loads, question_kind, read, write
from helsami_sdk.hooks import HOOKS
from helsami_sdk.questions import QUESTIONS

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TIMES = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    timezones=st.sampled_from([UTC, OSLO]),
    allow_imaginary=False,
)
BOOKING = BookingQuestion("book", "consultation", NOW, NOW, unit="lab")


@dataclass(frozen=True)
class Everything:
    """One field of every type there is."""

    text: str
    moment: datetime
    day: date
    clock: time
    life: timedelta
    names: Mapping[str, int]
    choices: tuple[SlotChoice, ...]
    pair: tuple[str, float]
    marks: frozenset[tuple[str, int]]
    rank: list[bool]
    tier: Tier | None = None
    way: Literal["up", "down"] = "up"


EVERYTHING = Everything(
    text="sjøsyk",
    moment=NOW,
    day=date(2026, 11, 22),
    clock=time(8),
    life=timedelta(hours=36, milliseconds=500),
    names={"a": 1},
    choices=(SlotChoice("s1", NOW, "x"),),
    pair=("a", 0.5),
    marks=frozenset({("b", 2), ("a", 1)}),
    rank=[True, False],
    tier=Tier.PHONE,
)


def test_every_type_comes_back_as_it_went():
    assert loads(dumps(EVERYTHING, Everything), Everything) == EVERYTHING


def test_a_set_is_written_in_one_order_so_that_equal_questions_are_equal_texts():
    assert write(frozenset("cab"), frozenset[str]) == ["a", "b", "c"]
    assert write(EVERYTHING, Everything)["marks"] == [["a", 1], ["b", 2]]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_question_and_an_answer_that_can_cross(hook):
    assert question_kind(hook) is QUESTIONS[hook]
    assert read(write(None, answer_kind(hook)), answer_kind(hook)) is None
    with pytest.raises(ValueError, match="expected a table of"):
        read([], question_kind(hook))


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        NOW.astimezone(timezone(timedelta(hours=-3))),
        datetime(2026, 10, 25, 2, 30, tzinfo=OSLO),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=OSLO),
    ],
    ids=str,
)
def test_a_time_keeps_its_zone_so_that_a_day_before_is_the_same_on_both_sides(moment):
    again = loads(dumps(moment, datetime), datetime)

    assert (again, again.fold, again.utcoffset()) == (moment, moment.fold, moment.utcoffset())
    assert again - timedelta(days=200) == moment - timedelta(days=200)
    assert (again - timedelta(days=200)).utcoffset() == (moment - timedelta(days=200)).utcoffset()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"unit": None}, "unit: expected a text"),
        ({"unit": 3}, "unit: expected a text"),
        ({"colour": "red"}, "colour: unknown; expected one of action,"),
        ({"starts_at": "2026-11-22T09:00:00"}, "starts_at: expected a time with a zone"),
        ({"starts_at": 1763802000}, "starts_at: expected a time with a zone"),
        ({"starts_at": "2026-11-22T09:00:00+05:00[Europe/Oslo]"}, "starts_at: expected a time with a zone"),
        ({"starts_at": "2026-11-22T09:00:00+01:00[Europe/../Oslo]"}, "starts_at: expected a time with a zone"),
        ({"starts_at": "2026-11-22T09:00:00+01:00[Europe/Atlantis]"}, "starts_at: expected a time with a zone"),
    ],
)
def test_a_question_that_is_not_one_is_refused_by_the_name_of_its_field(change, complaint):
    told = write(BOOKING, BookingQuestion) | change

    with pytest.raises(ValueError, match="^" + complaint.replace("[", r"\[")):
        read(told, BookingQuestion)


def test_a_field_without_a_default_may_not_be_missing():
    told = write(BOOKING, BookingQuestion)
    del told["starts_at"], told["unit"]

    with pytest.raises(ValueError, match=r"^starts_at: missing"):
        read(told, BookingQuestion)


def test_a_field_deep_inside_is_named_with_its_way():
    told = write(SlotsQuestion((SlotChoice("s0", NOW, "x"), SlotChoice("s1", NOW, "x")), NOW), SlotsQuestion)
    told["slots"][1]["id"] = 7

    with pytest.raises(ValueError, match=r"^slots\[1\].id: expected a text"):
        read(told, SlotsQuestion)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"tier": "online"}, "tier: expected one of direct, request, phone"),
        ({"tier": "phone"}, "expected a BookingDecision: reason: expected a kebab-case code"),
        ({"tier": "direct", "deadline": "soon"}, "deadline: expected a time with a zone"),
        ("direct", "expected a table of tier, reason, deadline, telephone"),
    ],
)
def test_an_answer_that_is_none_is_refused(told, complaint):
    with pytest.raises(ValueError, match=complaint):
        read(told, BookingDecision)


def test_whole_days_are_not_true():
    with pytest.raises(ValueError, match=r"^review_days: expected a whole number"):
        read({"release": "review", "review_days": True}, ResultClass)


class Sly(BookingDecision):
    """Would answer differently each time it is looked at."""


@pytest.mark.parametrize("value", [Sly(Tier.DIRECT), "direct", None, True, BookingDecision])
def test_what_is_not_exactly_of_its_type_is_not_written(value):
    with pytest.raises(ValueError, match="expected a BookingDecision"):
        write(value, BookingDecision)


@pytest.mark.parametrize("text", ["[" * 60_000, "NaN", "{", b"\xff", "9" * 5_000], ids=lambda text: repr(text[:9]))
def test_what_is_not_json_raises_nothing_but_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        loads(text, BookingDecision | None)


def test_a_type_that_no_question_has_is_a_mistake_of_ours():
    with pytest.raises(TypeError, match="no <class 'complex'>"):
        write(1j, complex)
    with pytest.raises(TypeError, match="one type, or that and None"):
        write(1, int | str)


@given(
    st.builds(
        BookingQuestion,
        st.text(),
        st.text(),
        TIMES,
        TIMES,
        unit=st.text(),
    )
)
def test_any_question_comes_back_equal(question):
    again = loads(dumps(question, BookingQuestion), BookingQuestion)

    assert all(getattr(again, field.name) == getattr(question, field.name) for field in fields(question))
