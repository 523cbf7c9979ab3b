"""Everything the gateway says to a citizen, in bokmål, nynorsk and English (R116, R117)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from werkzeug.wrappers import Request

from helsami_kernel.errors import NotFound

LANGUAGES: Final = ("nb", "nn", "en")
SPOKEN: Final = {"no": "nb", "nb": "nb", "nn": "nn", "en": "en"}


@cache
def catalogue(language: str) -> dict[str, dict[str, str]]:
    """All texts of a language, by group and key; raises NotFound("unknown-language")."""
    if language not in LANGUAGES:
        raise NotFound("unknown-language")
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def problem(code: str, language: str) -> str:
    """What a problem's code means, in plain words."""
    problems = catalogue(language)["problem"]
    return problems.get(code, problems["other"])


def language_of(request: Request) -> str:
    """The reader's language, of those there are: bokmål when they say nothing we speak."""
    for tag, _quality in request.accept_languages:
        if (spoken := SPOKEN.get(tag.partition("-")[0].lower())) is not None:
            return spoken
    return LANGUAGES[0]
