"""A plugin that is wrong is refused or closed and named, and the other organisations do not notice."""

from datetime import date

import pytest

from harness.answering import IN_A_WEEK, NOW, OTHERS, RULES, SLOTS, everything_they_answer
from helsami_sdk import BookingQuestion, Release, ResultQuestion, SharingQuestion, Tier
from helsami_sdk.organisations import load_organisations

from .conftest import manifest_of


def ask_everything(rules):
    """One answer of each hook."""
    return (
        rules.decide_booking(BookingQuestion("book", "consultation", IN_A_WEEK, NOW)),
        rules.restrict_slots(SLOTS),
        rules.classify_result(ResultQuestion("718-7", category="laboratory")),
        rules.restrict_sharing(SharingQuestion("note")),
    )


def assert_safe(answers):
    """The four safe defaults."""
    booking, slots, result, sharing = answers
    assert booking.tier is Tier.PHONE
    assert slots == frozenset()
    assert (result.release, result.provisional) == (Release.MANUAL, True)
    assert sharing.withheld


@pytest.fixture(scope="module")
def alone():
    """What the others answer when nobody is hostile."""
    return everything_they_answer(load_organisations())


@pytest.fixture(autouse=True)
def _the_others_do_not_notice(region, alone):
    """After each test here: the others are live and answer byte for byte what they did."""
    yield
    organisations = region.load()
    assert everything_they_answer(organisations) == alone
    assert all(organisations[name].state == "live" for name in OTHERS)


def test_a_plugin_that_is_right_is_live(region):
    region.install("malvik")

    rules = region.load()["malvik"]
    booking, slots, result, sharing = ask_everything(rules)

    assert (rules.state, booking.tier, slots) == ("live", Tier.DIRECT, SLOTS.ids)
    assert (result.release, sharing.withheld) == (Release.AUTO, False)
    assert ("malvik", "load", "loaded") in [call[:3] for call in region.heard]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (RULES.replace("restrict_sharing", "restrict_sharng"), "unknown hook 'restrict_sharng'"),
        (RULES.replace("@hookimpl\ndef restrict_sharing", "def restrict_sharing"), "expected @hookimpl before it"),
        (RULES.replace("def restrict_sharing(question)", "def restrict_sharing(questoin)"), "questoin"),
        (RULES.replace("@hookimpl", "@hookimpl(trylast=True)", 1), "expected a plain @hookimpl"),
        (RULES + "\n@hookimpl(specname='restrict_shearing')\ndef more(question): pass\n", "restrict_shearing"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError at rules.py:1"),
        ("1 / 0", "cannot be imported: ZeroDivisionError at rules.py:1"),
        ("raise SystemExit(0)", "cannot be imported: SystemExit at rules.py:1"),
        ("def broken(:", "cannot be imported: SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_hold_its_word_is_closed(region, rules, reason):
    region.install("malvik", rules)

    assert reason in region.closed_because("malvik")
    assert_safe(ask_everything(region.load()["malvik"]))


@pytest.mark.parametrize("error", ["ValueError(question)", "SystemExit(0)", "RecursionError", "AssertionError"])
def test_a_plugin_that_raises_gets_its_safe_defaults_and_is_named(region, error):
    region.install("malvik", RULES.replace("return", f"raise {error}\n    return"))
    rules = region.load()["malvik"]
    region.heard.clear()

    assert_safe(ask_everything(rules))

    assert rules.state == "live"
    assert [(call.organisation, call.hook, call.outcome, call.layer) for call in region.heard] == [
        ("malvik", hook, "failed", "malvik/rules.py")
        for hook in ("decide_booking", "restrict_slots", "classify_result", "restrict_sharing")
    ]
    assert all("question" not in call.detail.lower() for call in region.heard)


@pytest.mark.parametrize(
    "nonsense",
    ["object()", "'auto'", "True", "{'tier': 'direct'}", "frozenset({'a slot of another organisation'})", "print"],
)
def test_a_plugin_that_answers_nonsense_gets_its_safe_defaults_and_is_named(region, nonsense):
    region.install(
        "malvik",
        "\n".join(
            line.split("return")[0] + f"return {nonsense}" if "return" in line else line for line in RULES.splitlines()
        ),
    )
    rules = region.load()["malvik"]
    region.heard.clear()

    assert_safe(ask_everything(rules))

    assert [(call.organisation, call.outcome, call.layer) for call in region.heard] == [
        ("malvik", "invalid", "malvik/rules.py"),
    ] * 4


def test_an_answer_that_forges_its_own_kind_is_none(region):
    region.install(
        "malvik",
        RULES.replace("return Restriction.show()", "return type('Restriction', (Restriction,), {})(withheld=False)"),
    )

    assert region.load()["malvik"].restrict_sharing(SharingQuestion("note")).withheld


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("", "manifest.toml: the file is missing"),
        ("id = ", "manifest.toml: expected a TOML file"),
        (manifest_of("melhus"), "manifest.toml: id: expected malvik"),
        (manifest_of("malvik").replace("<0.2", "<0.1"), "manifest.toml: sdk: expected a range that holds 0.1.0"),
        (manifest_of("malvik").replace("phone", "fone"), "manifest.toml: phone: missing; fone: unknown"),
        (manifest_of("malvik", "atlantis"), "parent: expected an installed organisation, not atlantis"),
        (manifest_of("malvik", "malvik"), "parent: expected no cycle, but malvik is its own ancestor"),
    ],
)
def test_a_manifest_that_is_wrong_closes_its_organisation(region, manifest, reason):
    region.install("malvik", manifest=manifest)

    told = region.closed_because("malvik")

    assert all(part in told for part in reason.split("; "))


def test_code_is_not_run_for_an_organisation_whose_manifest_is_wrong(region):
    witness = region.folder / "witness"
    region.install("malvik", f"open({str(witness)!r}, 'w').close()", manifest="id = 3")

    region.closed_because("malvik")

    assert not witness.exists()


def test_a_policy_that_is_wrong_closes_its_organisation(region):
    region.install("malvik", policy='[[booking]]\ntier = "online"')

    told = region.closed_because("malvik")

    assert told == "policy.toml: line 2: booking[1].tier: expected one of direct, phone, request"
    assert (
        region.load()["malvik"]
        .decide_booking(
            BookingQuestion("book", "consultation", IN_A_WEEK, NOW),
        )
        .telephone
        == "+47 00 00 00 50"
    )


def test_an_organisation_joins_by_policy_alone(region):
    region.install("malvik", None, policy='[[booking]]\ntier = "direct"')

    rules = region.load()["malvik"]

    assert (rules.state, ask_everything(rules)[0].tier) == ("live", Tier.DIRECT)


def test_a_child_may_have_the_very_policy_of_its_parent(region):
    policy = '[[booking]]\ntier = "direct"'
    region.install("malvik", None, policy=policy)
    region.install("hommelvik", None, policy=policy, parent="malvik")

    assert region.load()["hommelvik"].state == "live"


def test_two_distributions_cannot_be_one_organisation(region):
    region.install("malvik")
    region.install("malvik", distribution="another_malvik")

    assert region.closed_because("malvik") == "several distributions claim this id"


@pytest.mark.parametrize(
    ("points", "organisation", "reason"),
    [
        ("[helsami.organisations]\nmalvik\n", "helsami-plugin-malvik", "entry_points.txt cannot be read"),
        ("[helsami.organisations]\nmalvik = no_such_package.rules\n", "malvik", "a package that is not there"),
        ("[helsami.organisations]\nmalvik = helsami_plugin_malvik.rule\n", "malvik", "cannot be imported"),
        ("[helsami.organisations]\nmalvik = helsami_plugin_malvik.rules:NOTHING\n", "malvik", "cannot be imported"),
        ("[helsami.organisations]\nmalvik = \n", "malvik", "the entry point names no module"),
    ],
)
def test_an_entry_point_that_leads_nowhere_closes_its_organisation(region, points, organisation, reason):
    region.install("malvik", points=points)

    assert reason in region.closed_because(organisation)


def test_rules_that_the_entry_point_does_not_name_close_their_organisation(region):
    region.install("malvik", points="[helsami.organisations]\nmalvik = helsami_plugin_malvik\n")

    assert "expected an entry point helsami_plugin_malvik.rules" in region.closed_because("malvik")


def test_a_parent_narrows_its_children_and_a_child_cannot_widen(region):
    region.install("malvik", RULES.replace("Restriction.show()", "Restriction.withhold('parent-says-no')"))
    region.install("hommelvik", parent="malvik")

    assert region.load()["hommelvik"].restrict_sharing(SharingQuestion("note")).reason == "parent-says-no"


def test_a_parent_that_raises_takes_its_children_to_their_safe_defaults_and_is_named(region):
    region.install("malvik", RULES.replace("return", "raise LookupError\n    return"))
    region.install("hommelvik", parent="malvik")
    rules = region.load()["hommelvik"]
    region.heard.clear()

    assert_safe(ask_everything(rules))

    assert {(call.organisation, call.layer) for call in region.heard} == {("hommelvik", "malvik/rules.py")}


def test_what_a_parent_would_have_narrowed_is_unknown_so_its_children_close_with_it(region):
    region.install("malvik", "1 / 0")
    region.install("hommelvik", parent="malvik")
    region.install("vikhammer", parent="hommelvik")

    assert region.closed_because("hommelvik") == "its parent malvik is closed"
    assert region.closed_because("vikhammer") == "its parent malvik is closed"


def test_the_latest_start_in_the_line_of_parents_holds(region):
    region.install("malvik", manifest=manifest_of("malvik").replace("2026-01-01", "2026-05-01"))
    region.install("hommelvik", parent="malvik")

    assert region.load()["hommelvik"].history_starts("visits") == date(2026, 5, 1)
    assert region.load()["hommelvik"].history_starts("vaccines") is None


def test_parents_in_a_circle_are_both_closed(region):
    region.install("malvik", parent="hommelvik")
    region.install("hommelvik", parent="malvik")

    assert "no cycle" in region.closed_because("malvik")
    assert "no cycle" in region.closed_because("hommelvik")
