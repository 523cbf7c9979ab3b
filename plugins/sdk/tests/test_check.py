"""`helsami-plugin check`: all twelve points, each told with its place, and nothing stops at the first."""

import json
import shutil
import time

import pytest

from helsami_sdk.checks import Point, check
from helsami_sdk.checks.findings import TITLES
from helsami_sdk.cli import main
from helsami_sdk.plugin_folder import PluginFolder

from .conftest import write_rehearsal

MANIFEST = "helsami_plugin_frosta/manifest.toml"
POLICY = "helsami_plugin_frosta/policy.toml"
RULES = "helsami_plugin_frosta/rules.py"
TESTS = "tests/test_frosta.py"
ANSWER = "    if question.actor in"


def spoil(folder, file, old, new):
    """Change a text in a file of the folder, and rehearse what it has become."""
    path = folder.path / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    write_rehearsal(folder)


def line_of(folder, file, text):
    """The number of the line that holds a text."""
    lines = (folder.path / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def first(code):
    """What makes a line of code the first of the rule."""
    return {"file": RULES, "old": ANSWER, "new": f"    {code}\n{ANSWER}"}


SPOILT = {
    Point.OWNER: {"file": MANIFEST, "old": 'owner = "Helse og omsorg"', "new": 'owner = ""'},
    Point.ONE_ID: {"file": "pyproject.toml", "old": "frosta = ", "new": "leksvik = "},
    Point.SDK_RANGE: {"file": MANIFEST, "old": 'sdk = ">=', "new": 'sdk = ">=9'},
    Point.PARENT: {"file": MANIFEST, "old": "owner =", "new": 'parent = "atlantis"\nowner ='},
    Point.IMPORTS: {"file": RULES, "old": "from helsami_sdk", "new": "import socket\n\nfrom helsami_sdk"},
    Point.PURE: {"file": RULES, "old": ANSWER, "new": f"    assert not callable(open) or question\n{ANSWER}"},
    Point.TESTED: {"file": TESTS, "old": "rules.restrict_sharing", "new": "rules.restrict_slots"},
    Point.WORDS: {"file": POLICY, "old": 'reason = "young-person"', "new": 'reason = "because"'},
    Point.ANSWERS: first("if question.age_band == '0-11':\n        return 'by phone'"),
    Point.SPEED: first("sum(range(200_000))"),
}


@pytest.mark.parametrize("point", SPOILT)
def test_each_point_is_missed_alone_and_its_place_is_told(folder, point):
    spoil(folder, **SPOILT[point])
    if point is Point.TESTED:
        spoil(folder, TESTS, "rules.restrict_sharing", "rules.restrict_slots")

    report = check(folder)

    assert report.unfulfilled == {point}, list(report.lines(folder.path))
    assert all((folder.path / finding.file).exists() and finding.expected for finding in report.findings)
    assert report.summary == f"frosta: 11 of 12\n  not {point:d}: {TITLES[point]}"


def test_a_readme_that_says_nothing_is_told(folder):
    text = "# Frosta municipality\n\nIn HelsaMi.\n\n```\n" + "some words of code " * 10 + "\n```\n"
    (folder.path / "README.md").write_text(text)

    assert check(folder).unfulfilled == {Point.README}


@pytest.mark.parametrize("report", [None, "nonsense", '{"organisation": "leksvik", "files": {}, "more_visible": []}'])
def test_a_rehearsal_that_is_missing_or_of_something_else_is_told(folder, report):
    (folder.path / "rehearsal.json").unlink()
    if report is not None:
        (folder.path / "rehearsal.json").write_text(report)

    assert check(folder).unfulfilled == {Point.REHEARSED}


def test_rules_that_were_changed_after_the_rehearsal_are_named(folder):
    (folder.path / POLICY).write_text((folder.path / POLICY).read_text() + "\n# changed\n")

    (finding,) = check(folder).findings

    assert (finding.point, finding.file) == (Point.REHEARSED, POLICY)


def test_what_becomes_more_visible_has_to_be_accepted(folder):
    write_rehearsal(folder, more_visible=["12 notes appear to parents"])
    assert check(folder).unfulfilled == {Point.REHEARSED}

    write_rehearsal(folder, more_visible=["12 notes appear to parents"], accepted=True)
    assert check(folder).good


def test_a_folder_that_fulfils_them_all_is_told_so(folder, capsys):
    assert main(["check", str(folder.path)]) == 0

    assert capsys.readouterr().out == "frosta: 12 of 12\n"


def test_everything_is_looked_at_and_nothing_stops_at_the_first(folder, capsys):
    for point in SPOILT.keys() - {Point.ONE_ID, Point.SDK_RANGE, Point.PARENT, Point.SPEED, Point.TESTED}:
        spoil(folder, **SPOILT[point])
    (folder.path / "README.md").unlink()
    (folder.path / "rehearsal.json").unlink()

    assert main(["check", str(folder.path)]) == 1

    told = capsys.readouterr().out
    assert "frosta: 5 of 12" in told
    assert f"{folder.path / RULES}:3: 5 imports socket; expected all it needs in the question" in told
    assert f"{folder.path / POLICY}:{line_of(folder, POLICY, 'because')}: 8 because has no words" in told
    assert f"{folder.path / MANIFEST}:{line_of(folder, MANIFEST, 'owner')}: 1 owner" in told


def test_it_is_told_to_programs_as_well(folder, capsys):
    spoil(folder, **SPOILT[Point.IMPORTS])

    assert main(["check", str(folder.path), "--json"]) == 1

    (report,) = json.loads(capsys.readouterr().out)
    assert (report["organisation"], report["fulfilled"], report["of"]) == ("frosta", 11, 12)
    assert [(one["point"], one["file"], one["line"]) for one in report["findings"]] == [(5, RULES, 3)]


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("print(question)", "print"),
        ("dt.datetime.now(dt.UTC)", "dt.datetime.now"),
        ("today = dt.date.today", "dt.date.today"),
        ("eval('1')", "eval"),
        ("getattr(question, 'unit')", "getattr"),
        ("hash(question)", "hash"),
        ("().__class__.__base__.__subclasses__()", "__subclasses__"),
        ("import calendar; calendar.sys", "calendar.sys"),
        ("import re; re.enum.bltns", "re.enum.bltns"),
        ("import helsami_sdk; helsami_sdk.executors", "helsami_sdk.executors"),
        ("from calendar import sys", "sys from calendar"),
        ("from helsami_sdk import executors", "executors from helsami_sdk"),
        ("from operator import attrgetter", "attrgetter from operator"),
        ("import typing; typing.get_type_hints(question)", "typing.get_type_hints"),
        ("match question:\n        case object(__dict__=_): pass", "object(__dict__=_)"),
    ],
)
def test_what_reaches_beyond_the_question_is_told_with_its_line(folder, code, named):
    spoil(folder, RULES, "from helsami_sdk", "import datetime as dt\n\nfrom helsami_sdk")
    spoil(folder, **first(code))

    (finding,) = [finding for finding in check(folder).findings if finding.point is Point.PURE]

    assert named in finding.problem
    assert (finding.file, finding.line) == (RULES, line_of(folder, RULES, code.splitlines()[-1].strip()))


@pytest.mark.parametrize(
    "imported", ["os", "time", "random", "pluggy", "helsami_kernel", "helsami_sdk.rules", "helsami_plugin_trondheim"]
)
def test_what_no_plugin_may_import_is_told_even_in_a_function(folder, imported):
    spoil(folder, **first(f"from {imported} import x"))

    assert f"imports {imported}" in [finding.problem for finding in check(folder).findings]


@pytest.mark.parametrize("imported", ["datetime", "re", "zoneinfo", "collections.abc", "helsami_plugin_frosta"])
def test_what_is_pure_may_be_imported(folder, imported):
    spoil(folder, RULES, "from helsami_sdk", f"import {imported}\n\nfrom helsami_sdk")

    assert check(folder).good


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise LookupError", "raises LookupError"),
        ("raise SystemExit(0)", "raises SystemExit"),
        ("while True: pass", "does not answer within 2 s"),
        ("return BookingDecision.direct", "what is no answer: a method"),
        ("return type('B', (BookingDecision,), {})(BookingDecision.direct().tier)", "what is no answer"),
        ("object.__setattr__(question, 'unit', 'x')", "changes the question"),
        ("import random; return BookingDecision.phone(f'r{random.random()}'.replace('.', ''))", "asked again"),
        ("import os; os._exit(0)", "does not come to an end, or ends"),
        ("x = 'x' * 4 * 1024**3", "raises MemoryError"),
        ("import os; os.fork()", "raises PermissionError"),
        ("open('/etc/hostname').read()", "raises PermissionError"),
        ("import os; os.kill(os.getppid(), 9)", "raises PermissionError"),
    ],
)
def test_a_hostile_plugin_is_named_and_the_check_comes_to_its_end(folder, code, problem):
    spoil(folder, **first(code))

    began = time.monotonic()
    report = check(folder)

    assert time.monotonic() - began < 30
    assert any(problem in finding.problem for finding in report.findings if finding.point is Point.ANSWERS)
    assert Point.README not in report.unfulfilled


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (RULES, "def decide_booking", "def decide_bookings", "unknown hook 'decide_bookings'"),
        (RULES, "@hookimpl", "@hookimpl(trylast=True)", "expected a plain @hookimpl"),
        (RULES, "from helsami_sdk", "1 / 0\nfrom helsami_sdk", "ZeroDivisionError"),
        (POLICY, 'tier = "direct"', 'tier = "online"', "tier"),
    ],
)
def test_rules_that_do_not_load_are_told_among_the_rest(folder, file, old, new, problem):
    spoil(folder, file, old, new)

    report = check(folder)

    (finding,) = [finding for finding in report.findings if finding.point is Point.ANSWERS]
    assert problem in finding.problem + finding.expected
    assert finding.line == line_of(folder, file, new.splitlines()[0]) or finding.line == 1


def test_a_reason_that_only_a_trial_brings_to_light_needs_words_too(folder):
    spoil(folder, RULES, "from helsami_sdk", "SO = 'so'\n\nfrom helsami_sdk")
    spoil(folder, **first("if question.age_band == '0-11':\n        return BookingDecision.phone(SO[:2] + '-' + SO)"))

    (finding,) = check(folder).findings

    assert (finding.point, finding.problem) == (Point.WORDS, "so-so has no words")
    assert "frosta-so-so" in finding.expected


def test_a_parent_that_lies_beside_it_is_there(folder, new_folder):
    new_folder(id="trust", kind="hospital-trust", rules=False)
    spoil(folder, MANIFEST, "owner =", 'parent = "trust"\nowner =')
    assert check(folder).good

    trust = folder.path.parent / "trust" / "helsami_plugin_trust" / "manifest.toml"
    trust.write_text(trust.read_text().replace("owner =", 'parent = "frosta"\nowner =', 1))
    assert [finding.problem for finding in check(folder).findings] == ["frosta is its own ancestor"]


@pytest.mark.parametrize(
    ("file", "text", "point"),
    [
        (RULES, f"x = {'-' * 50_000}1", Point.IMPORTS),
        (RULES, f"x = {'1 + ' * 20_000}1", Point.IMPORTS),
        (POLICY, f"x = {'[' * 5_000}{']' * 5_000}", Point.ANSWERS),
        (MANIFEST, f"x = {'[' * 5_000}{']' * 5_000}", Point.OWNER),
        ("rehearsal.json", f"{'[' * 100_000}{']' * 100_000}", Point.REHEARSED),
    ],
)
def test_what_is_nested_too_deep_is_a_finding(folder, file, text, point):
    (folder.path / file).write_text(text)

    assert point in check(folder).unfulfilled


def test_a_folder_and_a_link_to_nowhere_are_no_modules(folder):
    (folder.package / "more.py").mkdir()
    (folder.package / "less.py").symlink_to("nowhere.py")

    found = [finding.file for finding in check(folder).findings if finding.point is Point.IMPORTS]

    assert found == ["helsami_plugin_frosta/less.py", "helsami_plugin_frosta/more.py"]


def test_a_folder_of_another_name_is_another_organisation(folder):
    shutil.move(folder.path, folder.path.with_name("leksvik"))
    moved = PluginFolder(folder.path.with_name("leksvik"))
    moved.path.joinpath("helsami_plugin_frosta").rename(moved.package)

    assert Point.ONE_ID in check(moved).unfulfilled


def test_a_folder_that_is_none_is_refused_in_one_line(tmp_path, capsys):
    assert main(["check", str(tmp_path)]) == 2

    assert "expected pyproject.toml and a folder helsami_plugin_" in capsys.readouterr().err
