"""Rules that fail, die or are late on the real plugin host: left alone for a while, replaced, and in nobody's way."""

import eventlet
import pytest

from harness.answering import IN_A_WEEK, NOW, RULES
from helsami_sdk import BookingQuestion, SharingQuestion, Tier
from helsami_sdk.host import Limits

from .asking import BOOKING, LIMITS, heard_of, rules_that

ON_SUNDAYS = rules_that("if question.unit == 'bad': raise LookupError")


def test_a_hook_that_fails_again_and_again_is_left_alone_and_tried_once_in_a_while(region, observed):
    region.install("malvik", ON_SUNDAYS)
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    told = observed(rules)

    for _ in range(LIMITS.failures):
        rules.decide_booking(bad)
    assert rules.decide_booking(BOOKING).tier is Tier.PHONE
    assert not rules.restrict_sharing(SharingQuestion("note")).withheld
    eventlet.sleep(LIMITS.quarantine)
    assert rules.decide_booking(BOOKING).tier is Tier.DIRECT

    assert [call.reason for call in heard_of(region, "decide_booking")] == ["raised"] * 3 + ["quarantined", ""]
    assert [call[:3] for call in told] == [
        ("malvik", "decide_booking", "quarantined"),
        ("malvik", "decide_booking", "released"),
    ]


def test_a_hook_that_still_fails_when_it_is_tried_is_left_alone_again(region):
    region.install("malvik", rules_that("raise LookupError"))
    rules = region.load()["malvik"]
    for _ in range(LIMITS.failures):
        rules.decide_booking(BOOKING)
    eventlet.sleep(LIMITS.quarantine)
    region.heard.clear()

    for _ in range(3):
        rules.decide_booking(BOOKING)

    assert [call.reason for call in region.heard] == ["raised", "quarantined", "quarantined"]


def test_a_success_between_failures_forgives_them(region):
    region.install("malvik", ON_SUNDAYS)
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    for _ in range(LIMITS.failures):
        rules.decide_booking(bad)
        assert rules.decide_booking(BOOKING).tier is Tier.DIRECT


def test_rules_that_die_every_other_time_are_left_alone_as_well(region):
    region.install("malvik", ON_SUNDAYS.replace("raise", "import os; os._exit(0); raise"))
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    for _ in range(LIMITS.failures):
        assert rules.decide_booking(BOOKING).tier is Tier.DIRECT
        rules.decide_booking(bad)

    assert rules.decide_booking(BOOKING).reason == "rules-unavailable"
    assert heard_of(region, "decide_booking")[-1].reason == "quarantined"


def test_a_few_deaths_are_forgiven_after_as_many_answers(region):
    region.install("malvik", ON_SUNDAYS.replace("raise", "import os; os._exit(0); raise"))
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    for question in [*[bad, BOOKING] * (LIMITS.failures - 1), *[BOOKING] * LIMITS.failures, bad, BOOKING]:
        last = rules.decide_booking(question)

    assert last.tier is Tier.DIRECT


def test_a_process_that_dies_is_followed_by_another_and_later_by_one_that_is_longer_in_coming(region):
    region.install("malvik", rules_that("import os; os._exit(0)"))
    rules = region.load()["malvik"]

    for _ in range(2):
        rules.decide_booking(BOOKING)
    assert rules.restrict_sharing(SharingQuestion("note")).reason == "rules-unavailable"
    eventlet.sleep(Limits().first_pause)

    assert not rules.restrict_sharing(SharingQuestion("visit")).withheld
    assert [call.reason for call in heard_of(region, "restrict_sharing")] == ["starting", ""]


def test_others_go_on_while_one_waits_for_a_plugin_that_is_late(region):
    region.install("malvik", rules_that("while True: pass"))
    organisations = region.load()
    waiting = eventlet.spawn(organisations["malvik"].decide_booking, BOOKING)
    eventlet.sleep(0)
    answered = 0
    while not waiting.dead:
        assert organisations["trondheim"].decide_booking(BOOKING).telephone
        answered += 1
        eventlet.sleep(0)

    assert answered > 10


def test_many_may_ask_one_organisation_at_once_and_each_gets_an_answer_of_its_own(region):
    region.install("malvik", rules_that("return BookingDecision.phone(question.unit)"))
    rules = region.load()["malvik"]
    units = [f"unit-{number}" for number in range(50)]

    pool = eventlet.GreenPool()
    decisions = pool.imap(
        lambda unit: rules.decide_booking(BookingQuestion("book", "x", IN_A_WEEK, NOW, unit=unit)), units
    )

    assert [decision.reason for decision in decisions] == units


def test_a_caller_that_gives_up_gets_its_own_timeout_and_leaves_no_answer_to_the_next(region):
    slow = "if question.unit == 'slow': sum(range(30_000_000))"
    region.install("malvik", rules_that(f"{slow}\n    return BookingDecision.phone(question.unit)"))
    rules = region.load()["malvik"]

    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.05):
        rules.decide_booking(BookingQuestion("book", "x", IN_A_WEEK, NOW, unit="slow"))

    assert rules.decide_booking(BookingQuestion("book", "x", IN_A_WEEK, NOW, unit="quick")).reason == "quick"


def test_rules_that_changed_hold_after_a_reload_in_a_new_process(region):
    region.install("malvik", RULES)
    organisations = region.load()
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text(rules_that("return BookingDecision.phone()"))

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert organisations.reload("malvik")
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.PHONE


def test_a_question_that_is_under_way_at_a_reload_is_answered_by_the_rules_it_was_put_to(region):
    region.install("malvik", rules_that("sum(range(10_000_000)); return BookingDecision.phone('the-old-rules')"))
    organisations = region.load()
    under_way = eventlet.spawn(organisations["malvik"].decide_booking, BOOKING)
    eventlet.sleep(0.01)
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text(RULES)

    assert organisations.reload("malvik")

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert under_way.wait().reason == "the-old-rules"


def test_a_quarantine_ends_with_the_rules_that_deserved_it(region, observed):
    region.install("malvik", rules_that("raise LookupError"))
    organisations = region.load()
    told = observed(organisations["malvik"])
    for _ in range(LIMITS.failures):
        organisations["malvik"].decide_booking(BOOKING)
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text(RULES)

    organisations.reload("malvik")

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert [call[2] for call in told] == ["quarantined", "released"]


def test_rules_that_do_not_load_again_leave_the_old_ones_in_their_process(region):
    region.install("malvik", RULES)
    organisations = region.load()
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text("1 / 0")

    assert not organisations.reload("malvik")
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
