"""The common answers as data."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import BookingQuestion, Release, ResultQuestion, SharingQuestion, SlotChoice, SlotsQuestion, Tier
from helsami_sdk.policy import read_policy
from helsami_sdk.tables import Misconfigured
from helsami_sdk.testing import rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOTHING = "# nobody has decided anything yet"


@pytest.fixture
def rules(tmp_path):
    """Rules from the text of a policy, for an organisation with the unit `lab`."""

    def build(text):
        (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
        return rules_of(read_policy(tmp_path, ["lab"]))

    return build


def booking(visit_type="consultation", action="book", unit="", days=7):
    """A question about a visit so many days from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(days=days), NOW, unit)


def test_no_policy_is_no_policy(tmp_path):
    assert read_policy(tmp_path) is None


def test_an_empty_file_is_one_that_was_cut_off(rules):
    with pytest.raises(Misconfigured, match="expected a table"):
        rules("")


def test_a_policy_without_rows_leaves_everything_to_the_region(rules):
    assert rules(NOTHING).decide_booking(booking()).reason == "by-phone-only"
    assert rules(NOTHING).classify_result(ResultQuestion("718-7")).release is Release.MANUAL
    assert not rules(NOTHING).restrict_sharing(SharingQuestion("note")).withheld
    slots = (SlotChoice("s1", NOW + timedelta(days=1), "consultation"),)
    assert rules(NOTHING).restrict_slots(SlotsQuestion(slots, NOW)) == {"s1"}


def test_the_first_row_that_fits_answers(rules):
    text = """
        [[booking]]
        visit_types = ["consultation"]
        actions = ["cancel"]
        tier = "direct"

        [[booking]]
        units = ["lab"]
        tier = "direct"
        closes_hours_ahead = 2

        [[booking]]
        visit_types = ["consultation"]
        tier = "request"
        reason = "asks-first"
    """

    assert rules(text).decide_booking(booking(action="cancel")).tier is Tier.DIRECT
    assert rules(text).decide_booking(booking(unit="lab")).tier is Tier.DIRECT
    assert rules(text).decide_booking(booking()).reason == "asks-first"
    assert rules(text).decide_booking(booking("x-ray")).reason == "by-phone-only"


def test_a_deadline_is_a_day_ahead_unless_the_row_says_otherwise(rules):
    day = rules('[[booking]]\ntier = "direct"').decide_booking(booking(days=7))
    hours = rules('[[booking]]\ntier = "direct"\ncloses_hours_ahead = 2').decide_booking(booking(days=7))

    assert day.deadline == NOW + timedelta(days=6)
    assert hours.deadline == NOW + timedelta(days=7, hours=-2)


def test_hours_are_counted_in_utc_when_the_clock_changes(rules):
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    oslo = ZoneInfo("Europe/Oslo")
    starts = datetime(2026, 10, 25, 12, tzinfo=oslo)
    question = BookingQuestion("book", "consultation", starts, datetime(2026, 10, 1, tzinfo=UTC))

    deadline = rules('[[booking]]\ntier = "direct"').decide_booking(question).deadline

    assert deadline == datetime(2026, 10, 24, 13, tzinfo=oslo)


def test_only_times_that_can_be_booked_directly_now_are_offered(rules):
    text = '[[booking]]\nvisit_types = ["consultation"]\ntier = "direct"\n[[booking]]\ntier = "request"\n'
    slots = tuple(
        SlotChoice(f"{visit_type} {hours}", NOW + timedelta(hours=hours), visit_type)
        for visit_type in ("consultation", "x-ray")
        for hours in (24, 25)
    )

    assert rules(text).restrict_slots(SlotsQuestion(slots, NOW)) == {"consultation 25"}


def test_results_are_classed_by_code_category_setting_and_age(rules):
    text = """
        [[results]]
        settings = ["inpatient"]
        class = "manual"

        [[results]]
        codes = ["718-7"]
        class = "auto"

        [[results]]
        categories = ["laboratory"]
        age_bands = ["16+"]
        class = "review"
    """
    ask = rules(text).classify_result

    assert ask(ResultQuestion("718-7", setting="inpatient")).release is Release.MANUAL
    assert ask(ResultQuestion("718-7", setting="outpatient")).release is Release.AUTO
    assert ask(ResultQuestion("2857-1", category="laboratory")).review_days == 14
    assert ask(ResultQuestion("2857-1", category="laboratory", age_band="12-15")).release is Release.MANUAL


def test_sharing_rows_hide_by_all_that_is_asked_and_may_set_the_home_care_default_aside(rules):
    text = """
        [[sharing]]
        kinds = ["note"]
        author_roles = ["student"]
        readers = ["parental"]
        show = false

        [[sharing]]
        visit_types = ["home-care-visit"]
        show = true
        despite = "home-care-hidden"
    """
    ask = rules(text).restrict_sharing

    assert ask(SharingQuestion("note", author_role="student", reader="parental")).reason == "hidden-by-policy"
    assert not ask(SharingQuestion("note", author_role="student")).withheld
    assert not ask(SharingQuestion("visit", "home", "home-care-visit")).withheld
    assert ask(SharingQuestion("visit", "home", "a visit of another type")).withheld


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[bookings]]\ntier = "direct"', "line 1: bookings: unknown; expected one of booking, cases"),
        ("[[booking]]", r"booking\[1\]\.tier: missing; expected one of direct, phone, request"),
        ('[[booking]]\ntier = "online"', r"booking\[1\]\.tier: expected one of"),
        ('[[booking]]\ntier = "direct"\nactions = ["bok"]', r"actions: expected a list of book, cancel, change"),
        ('[[booking]]\ntier = "direct"\nactions = []', "actions: expected a list of .*, and at least one"),
        ('[[booking]]\ntier = "direct"\nactions = "book"', "actions: expected a list"),
        ('[[booking]]\ntier = "direct"\nunits = ["labb"]', r"units: expected a list of lab"),
        ('[[booking]]\ntier = "direct"\ncloses_hours_ahead = -1', "expected a whole number from 0 to"),
        ('[[booking]]\ntier = "direct"\ncloses_hours_ahead = true', "expected a whole number from 0 to"),
        ('[[booking]]\ntier = "phone"\nreason = "Ring oss"', "reason: expected a kebab-case code"),
        ('[[booking]]\ntier = "phone"\nvisit_type = ["x"]', "visit_type: unknown; expected one of actions"),
        ('[[results]]\nclass = "auto"\nreview_days = 3', 'review_days: expected no such key unless class is "review"'),
        ('[[results]]\nclass = "later"', "class: expected one of auto, blocked, manual, review"),
        ('[[results]]\nclass = "auto"\nsettings = ["ward"]', "settings: expected a list of emergency"),
        ("[[sharing]]", "show: missing; expected true or false"),
        ('[[sharing]]\nshow = "no"', "show: expected true or false"),
        ('[[sharing]]\nshow = true\nreason = "because"', "reason: expected no such key where show is true"),
        ('[[sharing]]\nshow = false\ndespite = "home-care-hidden"', "despite: expected no such key"),
        ('[[sharing]]\nshow = true\ndespite = "the law"', "despite: expected one of home-care-hidden"),
        ('[[sharing]]\nshow = false\nkinds = ["notes"]', "kinds: expected a list of allergy"),
        ("booking = 3", r"booking: expected a list of tables, \[\[booking\]\]"),
        ("[[booking]", "expected a TOML file"),
    ],
)
def test_a_wrong_key_is_named_with_what_is_expected(rules, text, problem):
    with pytest.raises(Misconfigured, match=problem):
        rules(text)


def test_every_problem_is_told_at_once(rules):
    with pytest.raises(Misconfigured) as caught:
        rules('[[booking]]\n[[results]]\nclass = "x"\n[[sharing]]\nshow = 1')

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "booking[1].tier",
        "results[1].class",
        "sharing[1].show",
    ]
