"""Everything the gateway says to a citizen, in bokmål, nynorsk and English (R116, R117)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from werkzeug.wrappers import Request

from helsami_kernel.errors import NotFound
from helsami_kernel.rules import organisations as installed
from helsami_sdk.organisations import Organisations
from helsami_sdk.words import words_of

CHOSEN: Final = "helsami.language"
"""Where a request keeps the language that whoever is logged in has chosen."""

LANGUAGES: Final = ("nb", "nn", "en")
REASONS: Final = ("reason", "problem")  # where an organisation's reasons are read
SPOKEN: Final = {"no": "nb", "nb": "nb", "nn": "nn", "en": "en"}


@cache
def catalogue(language: str) -> dict[str, dict[str, str]]:
    """All texts of a language, by group and key; raises NotFound("unknown-language")."""
    if language not in LANGUAGES:
        raise NotFound("unknown-language")
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def everything(language: str, organisations: Organisations) -> dict[str, dict[str, str]]:
    """
    All texts of a language, with the organisations' words for their own reasons; raises NotFound("unknown-language").

    What an organisation means by a code of its own is the same wherever it is given as a reason.
    """
    known = catalogue(language)
    own = {code: said[language] for code, said in words_of(rules.manifest for rules in organisations.values()).items()}
    return {**known, **{group: {**own, **known[group]} for group in REASONS}}


def problem(code: str, language: str, organisations: Organisations | None = None) -> str:
    """What a problem's code means, in plain words: the portal's, or those of the organisation whose code it is."""
    problems = catalogue(language)["problem"]
    if code in problems:
        return problems[code]
    rules = (organisations if organisations is not None else installed()).values()
    own = words_of(each.manifest for each in rules).get(code)
    return own[language] if own else problems["other"]


def language_of(request: Request) -> str:
    """The reader's language, of those there are: the one they have chosen here, else the first that we speak."""
    if (chosen := request.environ.get(CHOSEN)) is not None:
        return str(chosen)
    for tag, _quality in request.accept_languages:
        if (spoken := SPOKEN.get(tag.partition("-")[0].lower())) is not None:
            return spoken
    return LANGUAGES[0]
