"""A rehearsal tells a clinic manager what changes, and stands in the way of showing more than anybody has accepted."""

import json
import shutil
import subprocess
from argparse import ArgumentParser
from contextlib import redirect_stdout
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from helsami_sdk.fingerprints import fingerprint
from helsami_sdk.hooks import HOOKS
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.rehearsal import register
from helsami_sdk.rehearsal.corpus import corpus_for
from helsami_sdk.rehearsal.people import households
from helsami_sdk.rehearsal.sides import two_sides
from helsami_sdk.rehearsal.topics import TOPICS
from helsami_sdk.rehearsal.vocabulary import vocabulary
from helsami_sdk.testing import rules_of

PLUGINS = Path(__file__).parents[2]
ST_OLAVS = PLUGINS / "st_olavs"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "rehearsal.json")
YOUNG_PERSON = "# From twelve years on"


@pytest.fixture
def folder(tmp_path):
    """St. Olavs in a folder of its own, to be changed."""
    return shutil.copytree(ST_OLAVS, tmp_path / "st_olavs", ignore=LEFT_OUT)


def rewrite(folder, change, file="policy.toml"):
    """Change a file of a plugin's package."""
    place = folder / f"helsami_plugin_{folder.name}" / file
    before = place.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    place.write_text(after, encoding="utf-8")


def show_to_parents(folder):
    """Take away the row that keeps what is written about a young person from their parents; it is the last."""
    rewrite(folder, lambda policy: policy.partition(YOUNG_PERSON)[0])


def rehearse(folder, *options):
    """Run the command as `helsami-plugin` does; its exit code."""
    parser = ArgumentParser()
    register(parser.add_subparsers())
    arguments = parser.parse_args(["rehearse", str(folder), *map(str, options)])
    return arguments.run(arguments)


def report(folder):
    """What the command wrote to the folder."""
    return json.loads((folder / "rehearsal.json").read_text(encoding="utf-8"))


class Page(HTMLParser):
    """What stands in a page: its headings and cells, and whether it asks for anything from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.open, self.fetched = {}, [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.fetched += [value for name, value in attrs if name in {"src", "href"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.texts[tag] = self.texts.get(tag, "") + data


class Shown(NamedTuple):
    """What came of showing parents what is written about young people."""

    code: int
    said: str
    page: str
    report: str


def shown_to_parents(place):
    """Rehearse that once, in this folder."""
    changed = shutil.copytree(ST_OLAVS, place / "st_olavs", ignore=LEFT_OUT)
    show_to_parents(changed)
    said = StringIO()
    with redirect_stdout(said):
        code = rehearse(changed, "--against", ST_OLAVS, "--html", place / "page.html")
    told = (changed / "rehearsal.json").read_text(encoding="utf-8")
    return Shown(code, said.getvalue(), (place / "page.html").read_text(encoding="utf-8"), told)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The real change: a hospital's notes to parents of 12-15-year-olds."""
    return shown_to_parents(tmp_path_factory.mktemp("shown"))


def test_notes_that_parents_of_young_people_will_see_are_a_sentence_and_exit_1(shown):
    (sentence,) = [line for line in json.loads(shown.report)["more_visible"] if "notes" in line]
    count, _, words = sentence.partition(" ")

    assert shown.code == 1
    assert int(count) > 50
    assert words == "notes appear to parents of 12–15-year-olds."
    assert f"MORE IS SEEN: {sentence}" in shown.said


def test_the_same_is_a_page_that_stands_alone(shown):
    page = Page(shown.page)

    assert page.open == []
    assert page.fetched == []
    assert "http" not in shown.page
    assert "notes appear to parents of 12–15-year-olds." in page.texts["h3"]
    assert "withheld (young person)" in page.texts["td"]
    assert "Somebody sees more than before" in page.texts["h2"]
    assert "prefers-color-scheme: dark" in page.texts["style"]


def test_the_same_rules_give_the_same_bytes(shown, tmp_path):
    assert shown_to_parents(tmp_path) == shown


def test_accepted_it_exits_0_and_says_so(folder, capsys):
    show_to_parents(folder)

    assert rehearse(folder, "--against", ST_OLAVS, "--accept") == 0

    assert report(folder)["accepted"] is True
    assert capsys.readouterr().out.splitlines()[-1] == (
        "why: rehearsed against the rules of st_olavs: 2 changes, 2 of them show more, accepted"
    )


def test_narrowing_exits_0(folder, tmp_path):
    show_to_parents(folder)
    older = folder.rename(tmp_path / "older")
    now = shutil.copytree(ST_OLAVS, tmp_path / "st_olavs")

    assert rehearse(now, "--against", older) == 0

    assert report(now)["more_visible"] == []
    told = " ".join(change["sentence"] for change in report(now)["changes"])
    assert "notes are no longer shown to parents of 12–15-year-olds." in told


def test_what_becomes_phone_only_is_told_by_appointment(folder):
    rewrite(folder, lambda policy: policy.replace('tier = "direct"\ncloses_hours_ahead = 12', 'tier = "phone"'))

    assert rehearse(folder, "--against", ST_OLAVS) == 0

    told = [change["sentence"] for change in report(folder)["changes"]]
    assert any(
        sentence.endswith("appointments become phone-only to book, to cancel and to change instead of direct.")
        for sentence in told
    )
    assert any("free times are no longer offered." in sentence for sentence in told)


def test_results_that_wait_longer_are_told_by_kind(folder):
    rewrite(folder, lambda policy: policy.replace("review_days = 14", "review_days = 30"))

    assert rehearse(folder, "--against", ST_OLAVS) == 0

    told = " ".join(change["sentence"] for change in report(folder)["changes"])
    assert "kinds of results, from all but a hospital stay and a nursing home, wait for review, 30 days at most" in told


def test_results_that_wait_shorter_exit_1(folder):
    rewrite(folder, lambda policy: policy.replace("review_days = 14", "review_days = 3"))

    assert rehearse(folder, "--against", ST_OLAVS) == 1


def test_an_earlier_go_live_date_shows_more(folder):
    rewrite(folder, lambda text: text.replace("everything = 2025-03-01", "everything = 2024-03-01"), "manifest.toml")

    assert rehearse(folder, "--against", ST_OLAVS) == 1

    assert any("older items among visits appear." in sentence for sentence in report(folder)["more_visible"])


def test_what_nobody_synthetic_has_is_found_where_it_would_be_seen(folder):
    row = '[[sharing]]\nkinds = ["vaccine"]\nsettings = ["nursing-home"]\nshow = false\n'
    rewrite(folder, lambda policy: f"{row}\n{policy}")
    now = shutil.copytree(ST_OLAVS, folder.parent / "now" / "st_olavs", ignore=LEFT_OUT)

    assert rehearse(now, "--against", folder) == 1

    assert any("though no synthetic citizen has one of them" in each for each in report(now)["more_visible"])


def test_a_rule_in_code_is_seen_at_the_very_word_it_names(folder):
    rule = 'if question.visit_type == "hearing-test":\n        return BookingDecision.direct()\n    if question'
    rewrite(folder, lambda code: code.replace("if question", rule), "rules.py")

    rehearse(folder, "--against", ST_OLAVS)

    assert "become direct" in " ".join(change["sentence"] for change in report(folder)["changes"])


def test_a_rule_in_code_that_goes_away_is_seen_as_well(folder, tmp_path):
    rule = 'if question.visit_type == "hearing-test":\n        return BookingDecision.direct()\n    if question'
    rewrite(folder, lambda code: code.replace("if question", rule), "rules.py")
    now = shutil.copytree(ST_OLAVS, tmp_path / "now" / "st_olavs", ignore=LEFT_OUT)

    rehearse(now, "--against", folder)

    assert "become phone-only instead of direct" in " ".join(change["sentence"] for change in report(now)["changes"])


def test_no_change_is_told_as_such(folder, capsys):
    assert rehearse(folder, "--against", ST_OLAVS) == 0

    assert "Nothing changes for anybody." in capsys.readouterr().out
    assert report(folder)["changes"] == []
    assert report(folder)["files"] == fingerprint(folder / "helsami_plugin_st_olavs")


def test_a_parents_change_is_told_for_those_below_it(tmp_path, capsys):
    trondheim = shutil.copytree(PLUGINS / "trondheim", tmp_path / "trondheim")
    rewrite(trondheim, lambda policy: policy.replace('settings = ["nursing-home"]\n', ""))

    assert rehearse(trondheim, "--against", PLUGINS / "trondheim") == 0

    assert "When results are shown (Øya medical centre)" in capsys.readouterr().out


def test_a_folder_can_be_compared_with_what_git_knows(folder, capsys):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=Rehearsal", "-c", "user.email=", *arguments], cwd=folder, check=True)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--no-gpg-sign", "--message", "As it is")
    show_to_parents(folder)

    assert rehearse(folder, "--against", "HEAD") == 1
    assert "compared with the rules of HEAD" in capsys.readouterr().out
    assert rehearse(folder, "--against", "no-such-revision") == 2
    assert "expected installed, defaults, a folder or a git revision" in capsys.readouterr().err


def test_a_new_organisation_is_compared_with_the_regional_defaults(tmp_path):
    new = tmp_path / "steinkjer"
    shutil.copytree(ST_OLAVS, new, ignore=LEFT_OUT)
    package = (new / "helsami_plugin_st_olavs").rename(new / "helsami_plugin_steinkjer")
    manifest = (package / "manifest.toml").read_text(encoding="utf-8")
    (package / "manifest.toml").write_text(manifest.replace('id = "st_olavs"', 'id = "steinkjer"'), encoding="utf-8")

    assert rehearse(new) == 1

    assert report(new)["against"] == {"name": "the regional defaults", "files": {}}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("policy.toml", "[[booking]]\ntier = 'sometimes'\n"),
        ("manifest.toml", "id = 1"),
        ("rules.py", "raise SystemExit"),
        ("rules.py", "from helsami_sdk import hookimpl\n@hookimpl\ndef decide_all(question):\n    return None\n"),
    ],
)
def test_a_folder_that_does_not_load_exits_2(folder, capsys, file, content):
    (folder / "helsami_plugin_st_olavs" / file).write_text(content, encoding="utf-8")

    assert rehearse(folder, "--against", ST_OLAVS) == 2
    assert capsys.readouterr().err.strip()
    assert not (folder / "rehearsal.json").exists()


def test_what_is_no_plugin_exits_2(tmp_path, capsys):
    assert rehearse(tmp_path) == 2
    assert "is not the folder of a plugin" in capsys.readouterr().err


def test_rules_that_fail_are_told(folder, capsys):
    rule = "assert question.actor == 'self'\n    if question"
    rewrite(folder, lambda code: code.replace("if question", rule), "rules.py")

    rehearse(folder, "--against", ST_OLAVS)

    assert "could not answer" in capsys.readouterr().out
    assert report(folder)["failures"][0].startswith("st_olavs/rules.py: decide_booking: AssertionError")


def test_every_hook_is_rehearsed(folder, tmp_path):
    asked = set()

    class Listening:
        """Rules that note which hooks they were asked."""

        manifest = rules_of().manifest

        def __getattr__(self, name):
            asked.add(name)
            return getattr(rules_of(), name)

    _, after = two_sides(PluginFolder.of(folder), "defaults", tmp_path / "older")
    found = after.found["st_olavs"]
    corpus = corpus_for(found.manifest, vocabulary([found]))
    for topic in TOPICS:
        topic.outcome(Listening(), next(iter(topic.cases(corpus))))

    assert set(HOOKS) <= asked


def test_the_corpus_holds_enough_of_everything_that_rules_tell_apart(folder, tmp_path):
    _, after = two_sides(PluginFolder.of(folder), "defaults", tmp_path / "older")
    found = after.found["st_olavs"]
    corpus = corpus_for(found.manifest, vocabulary([found]))

    assert {citizen.age_band for citizen in corpus.citizens} == {"0-11", "12-15", "16+"}
    assert {reader for citizen in corpus.citizens for reader in citizen.readers} == {
        "self", "grant", "parental", "capacity",
    }  # fmt: skip
    assert not [citizen for citizen in corpus.citizens if citizen.age < 16 and "self" in citizen.readers]
    assert {meeting.unit for meeting in corpus.appointments} == set(found.manifest.units)
    assert {"operation", "follow-up", "blood-test"} <= {meeting.visit_type for meeting in corpus.appointments}
    assert {result.setting for result in corpus.measured} >= {"outpatient", "inpatient", "nursing-home"}
    assert len(corpus.written) + len(corpus.measured) + len(corpus.appointments) > 3000


def test_everybody_in_the_corpus_is_somebody_else_and_nobody_real():
    people = households(Random(1))

    assert len({citizen.name for citizen in people}) == len(people)
    assert people == households(Random(1))
