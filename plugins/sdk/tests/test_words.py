"""Reason codes, and who has words for them."""

from dataclasses import replace

import pytest

from helsami_sdk.manifest import read_manifest
from helsami_sdk.tables import Misconfigured
from helsami_sdk.testing import manifest_of
from helsami_sdk.words import is_own, words_of

MANIFEST = """
id = "st_olavs"
kind = "hospital"
owner = "Samhandling"
contact = "+47 00 00 00 51"
phone = "+47 00 00 00 50"
sdk = ">=0.1,<0.2"
names = { nb = "a", nn = "b", en = "c" }
hours = { opens = 08:00:00, closes = 15:00:00 }
go_live = { everything = 2026-01-01 }
"""
SAID = {"nb": "Du må møte opp.", "nn": "Du må møte fram.", "en": "Please come in person."}


def manifest(tmp_path, more=""):
    (tmp_path / "manifest.toml").write_text(MANIFEST + more, encoding="utf-8")
    return read_manifest(tmp_path)


def saying(organisation, *codes):
    return replace(manifest_of(organisation), words={code: {"nb": organisation} for code in codes})


def test_an_organisation_says_its_own_reasons_in_three_languages(tmp_path):
    lines = "\n".join(f'{language} = "{text}"' for language, text in SAID.items())

    assert manifest(tmp_path).words == {}
    assert manifest(tmp_path, f"[words.st-olavs-in-person]\n{lines}").words == {"st-olavs-in-person": SAID}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('[words.st-olavs-x]\nnb = "a"\nnn = "b"', "words.st-olavs-x.en: missing"),
        ('[words.st-olavs-x]\nnb = "a"\nnn = "b"\nen = ""', "words.st-olavs-x.en: expected a sentence"),
        ('[words.st-olavs-x]\nnb = "a"\nnn = "b"\nen = "c"\nde = "d"', "words.st-olavs-x.de: unknown"),
        ('[words.too-late]\nnb = "a"\nnn = "b"\nen = "c"', "words.too-late: expected a code of its own, such as st-ol"),
        ("[words]\nst-olavs-x = 3", "words.st-olavs-x: expected a table"),
        ("words = 3", "words: expected a table"),
    ],
)
def test_words_that_are_not_in_order_are_told(tmp_path, more, problem):
    # A bare key must stand before the tables.
    text = f"{more}\n{MANIFEST}" if more.startswith("words =") else MANIFEST + more
    (tmp_path / "manifest.toml").write_text(text, encoding="utf-8")

    with pytest.raises(Misconfigured) as caught:
        read_manifest(tmp_path)

    assert problem in str(caught.value)


def test_a_code_is_ones_own_by_the_way_it_begins():
    assert is_own("st-olavs-in-person", "st_olavs")
    assert not is_own("st-olavsx", "st_olavs")
    assert not is_own("too-late", "st_olavs")
    assert not is_own("st-olavs-", "st_olavs")


def test_nobody_speaks_for_another_not_even_by_a_shorter_name():
    st, st_olavs = saying("st", "st-olavs-closed", "st-late"), saying("st_olavs", "st-olavs-closed", "st-late")

    assert words_of([st, st_olavs]) == {"st-olavs-closed": {"nb": "st_olavs"}, "st-late": {"nb": "st"}}
    assert words_of([st_olavs, st]) == words_of([st, st_olavs])
