"""A policy that changes while the system runs holds at once, for its organisation and its children; a bad one never."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_kernel.watching import Watch
from helsami_sdk import BookingQuestion, SharingQuestion, Tier
from helsami_sdk.lifecycle import LIVE

from .conftest import RULES, manifest_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOKING = BookingQuestion("book", "consultation", NOW + timedelta(days=7), NOW)
DIRECT = '[[booking]]\ntier = "direct"'
PHONE = '[[booking]]\ntier = "phone"'


def rewrite(region, organisation, name, text):
    """Change a file of an organisation that is installed, or take it away."""
    path = region.folder / f"helsami_plugin_{organisation}" / name
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")


def test_a_changed_policy_holds_after_a_reload_and_not_before(region):
    region.install("malvik", None, policy=DIRECT)
    organisations = region.load()
    others = {name: organisations[name] for name in organisations if name != "malvik"}
    rewrite(region, "malvik", "policy.toml", PHONE)

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert organisations.reload("malvik")
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.PHONE
    assert all(organisations[name] is rules for name, rules in others.items())


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("policy.toml", '[[booking]]\ntier = "online"', "booking[1].tier"),
        ("policy.toml", "[[booking", "expected a TOML file"),
        ("policy.toml", "", "expected a table"),
        ("policy.toml", None, "policy.toml is gone"),
        ("manifest.toml", "id = 3", "id: expected a name"),
        ("manifest.toml", manifest_of("malvik", "malvik"), "no cycle"),
    ],
)
def test_a_change_that_does_not_load_leaves_what_held_and_is_named(region, file, text, problem):
    region.install("malvik", None, policy=DIRECT)
    organisations = region.load()
    before = organisations["malvik"]
    region.heard.clear()
    rewrite(region, "malvik", file, text)

    assert not organisations.reload("malvik")

    assert organisations["malvik"] is before
    (call,) = region.heard
    assert (call.organisation, call.hook, call.outcome) == ("malvik", "load", "kept")
    assert problem in call.detail


def test_a_policy_that_is_a_link_to_nowhere_closes_its_organisation(region):
    region.install("malvik", None)
    (region.folder / "helsami_plugin_malvik" / "policy.toml").symlink_to("nowhere.toml")

    assert "policy.toml: the file is missing" in region.closed_because("malvik")


def test_what_was_closed_opens_when_it_is_put_right_and_its_children_with_it(region):
    region.install("malvik", None, policy='[[booking]]\ntier = "online"')
    region.install("hommelvik", None, policy=DIRECT, parent="malvik")
    organisations = region.load()
    assert [organisations[name].state for name in ("malvik", "hommelvik")] == ["closed", "closed"]
    region.heard.clear()
    rewrite(region, "malvik", "policy.toml", DIRECT)

    assert organisations.reload("malvik")

    assert [organisations[name].state for name in ("malvik", "hommelvik")] == [LIVE, LIVE]
    assert {call.organisation for call in region.heard if call[1:3] == ("state", LIVE)} == {"malvik", "hommelvik"}


def test_a_parent_that_narrows_more_after_a_reload_narrows_its_children(region):
    region.install("malvik", None, policy='[[sharing]]\nshow = true\nkinds = ["note"]')
    region.install("hommelvik", RULES, parent="malvik")
    organisations = region.load()
    rewrite(region, "malvik", "policy.toml", '[[sharing]]\nshow = false\nreason = "not-yet"\nkinds = ["note"]')

    organisations.reload("malvik")

    assert organisations["hommelvik"].restrict_sharing(SharingQuestion("note")).reason == "not-yet"


def test_a_reload_leaves_an_organisation_in_its_state(region):
    region.install("malvik", None, policy=DIRECT)
    organisations = region.load()
    organisations.apply(dict.fromkeys(organisations, LIVE) | {"malvik": "paused"})

    organisations.reload("malvik")

    assert organisations["malvik"].state == "paused"
    assert organisations["malvik"].decide_booking(BOOKING).reason == "organisation-paused"


def test_rules_know_the_version_of_their_distribution_and_a_reload_the_new_one(region):
    region.install("malvik", None, policy=DIRECT)
    organisations = region.load()
    assert organisations["malvik"].version == "1.0"
    metadata = region.folder / "helsami_plugin_malvik-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text(encoding="utf-8").replace("Version: 1.0", "Version: 1.1"), encoding="utf-8")

    organisations.reload("malvik")

    assert organisations["malvik"].version == "1.1"


def test_what_is_not_installed_cannot_be_reloaded(region):
    with pytest.raises(KeyError):
        region.load().reload("atlantis")


def test_the_files_to_watch_are_those_that_say_something_as_data_there_yet_or_not(region):
    region.install("malvik", None, policy=DIRECT)
    region.install("hommelvik")
    region.install("oppdal", points="[helsami.organisations]\noppdal = helsami_plugin_nowhere\n")
    folder = region.folder

    files = region.load().files()

    for name in ("malvik", "hommelvik"):
        package = folder / f"helsami_plugin_{name}"
        assert files[name] == (package / "manifest.toml", package / "policy.toml")
    assert files["oppdal"] == ()


def test_a_process_that_watches_lets_a_changed_policy_hold_without_a_restart_and_a_bad_one_not(region):
    region.install("malvik", None, policy=DIRECT)
    organisations = region.load()
    watch = Watch(organisations)

    rewrite(region, "malvik", "policy.toml", f"{PHONE}  # from now on")
    watch.look()
    watch.look()
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.PHONE

    rewrite(region, "malvik", "policy.toml", "[[booking")
    watch.look()
    watch.look()
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.PHONE
    told = [call.outcome for call in region.heard if (call.organisation, call.hook) == ("malvik", "load")]
    assert told[-1] == "kept"


def test_no_organisation_takes_the_name_of_the_region_whose_operators_log_in_with_it(region):
    region.install("region", None, policy=DIRECT)

    assert region.closed_because("region").startswith("region is no organisation's id")
