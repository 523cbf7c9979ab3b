"""What the portal says, in three languages."""

import ast
import inspect
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from helsami_gateway import texts
from helsami_kernel.errors import NotFound
from helsami_sdk import BookingDecision, Restriction
from helsami_sdk.manifest import read_manifest
from helsami_sdk.rules import ORGANISATION_CLOSED, RULES_FAILED
from helsami_sdk.testing import manifest_of, organisations_of, rules_of
from helsami_sdk.words import CORE, words_of

ROOT = Path(__file__).parents[2]
REFUSALS = {
    "ChangedMeanwhile",
    "Conflict",
    "Forbidden",
    "LoginNeeded",
    "Malformed",
    "NotFound",
    "Refused",
    "TooLarge",
    "TooSlow",
    "VersionNeeded",
}
NEVER_AT_A_DOOR = {
    "no-organisation",  # between journal and owner
    "malformed-call",
    "malformed-event",
    "unknown-method",
}

# Who answers a hook, by the name of the call that makes the answer, and where its reason is read.
ANSWERS = {
    "phone": ("problem", BookingDecision.phone),
    "request": ("problem", BookingDecision.request),
    "withhold": ("reason", Restriction.withhold),
}
OF_TABLE = {"booking": "problem", "sharing": "reason"}


def keys(catalogue):
    return {(group, key) for group, said in catalogue.items() for key in said}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_language_says_the_same_things(language):
    assert keys(texts.catalogue(language)) == keys(texts.catalogue("nb"))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_is_left_empty(language):
    assert all(words.strip() for said in texts.catalogue(language).values() for words in said.values())


def test_no_language_is_a_copy_of_another():
    catalogues = [texts.catalogue(language)["problem"] for language in texts.LANGUAGES]

    for one, other in ((0, 1), (0, 2), (1, 2)):
        same = [key for key in catalogues[0] if catalogues[one][key] == catalogues[other][key]]
        assert len(same) <= 2, same


def refusal_codes():
    folders = [*ROOT.glob("services/*/helsami_*"), ROOT / "gateway/helsami_gateway"]
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_code_that_may_reach_a_citizen_has_words():
    journal_only = {"not-a-bundle", "bundle-type", "bundle-entry", "truncated"}
    known = set(texts.catalogue("nb")["problem"]) | journal_only | NEVER_AT_A_DOOR

    assert {(code, place) for code, place in refusal_codes() if code not in known} == set()


def reasons_in_code(path):
    """(group, code) of every answer that a module makes: written there, named there, or the answer's own default."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ANSWERS:
            group, made = ANSWERS[node.func.attr]
            given = [part for argument in [*node.args, *node.keywords] for part in ast.walk(argument)]
            codes = {part.value for part in given if isinstance(part, ast.Constant)}
            codes |= {named[part.id] for part in given if isinstance(part, ast.Name) and part.id in named}
            default = inspect.signature(made).parameters["reason"].default
            yield from ((group, code) for code in codes or {default} - {inspect.Parameter.empty})


def reasons_in_policy(path):
    for table, rows in tomllib.loads(path.read_text(encoding="utf-8")).items():
        yield from ((OF_TABLE[table], row["reason"]) for row in rows if "reason" in row)


def own_words():
    """Every organisation's own codes, wherever they are read."""
    manifests = [read_manifest(path.parent) for path in ROOT.glob("plugins/*/helsami_plugin_*/manifest.toml")]
    return {(group, code) for code in words_of(manifests) for group in texts.REASONS}


def test_every_core_reason_has_words():
    assert {(group, code) for group, codes in CORE.items() for code in codes} - keys(texts.catalogue("nb")) == set()


def test_every_reason_of_an_organisation_has_words():
    sdk = ROOT / "plugins/sdk/helsami_sdk"
    code = [sdk / "defaults.py", *sdk.glob("policy/*.py"), *ROOT.glob("plugins/*/helsami_plugin_*/rules.py")]
    reasons = {reason for path in code for reason in reasons_in_code(path)}
    for path in ROOT.glob("plugins/*/helsami_plugin_*/policy.toml"):
        reasons |= set(reasons_in_policy(path))
    reasons |= {(group, safe) for group in ("problem", "reason") for safe in (RULES_FAILED, ORGANISATION_CLOSED)}

    assert {("problem", "small-children-in-person"), ("problem", "by-phone-only"), ("reason", "young-person")} < reasons
    assert reasons - {(group, code) for group, codes in CORE.items() for code in codes} - own_words() == set()


def levanger(**words):
    """Levanger and Trondheim, the former with words of its own for reasons."""
    manifest = replace(manifest_of("levanger"), words=words)
    return organisations_of(rules_of(manifest=manifest), rules_of())


OWN = {"levanger-in-person-only": {"nb": "Du må møte opp.", "nn": "Du må møte fram.", "en": "Please come in person."}}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_an_organisations_own_reason_is_said_in_its_own_words_beside_all_others(language):
    everything = texts.everything(language, levanger(**OWN))

    for group in texts.REASONS:
        own = {"levanger-in-person-only": OWN["levanger-in-person-only"][language]}
        assert everything[group] == texts.catalogue(language)[group] | own
    assert texts.problem("levanger-in-person-only", language, levanger(**OWN)) == own["levanger-in-person-only"]


def test_no_organisation_puts_words_into_the_mouth_of_the_portal_or_of_another():
    lies = levanger(**{code: dict.fromkeys(texts.LANGUAGES, "No.") for code in ("too-late", "trondheim-closed")})

    assert texts.everything("en", lies) == texts.catalogue("en")
    assert texts.problem("trondheim-closed", "en", lies) == texts.catalogue("en")["problem"]["other"]


def test_a_reason_nobody_has_words_for_is_something_else():
    assert texts.problem("levanger-unheard-of", "en", levanger(**OWN)) == texts.catalogue("en")["problem"]["other"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "nb"),
        ("en-GB,en;q=0.9", "en"),
        ("nn-NO", "nn"),
        ("no", "nb"),
        ("se,en;q=0.5", "en"),
        ("fr", "nb"),
        ("en;q=0.3,nn;q=0.8", "nn"),
    ],
)
def test_the_reader_is_answered_in_their_language(accepted, language):
    headers = {"Accept-Language": accepted} if accepted else {}

    assert texts.language_of(Request(EnvironBuilder(headers=headers).get_environ())) == language


def test_a_language_that_nobody_speaks_here_is_not_found():
    with pytest.raises(NotFound):
        texts.catalogue("../../etc/passwd")
