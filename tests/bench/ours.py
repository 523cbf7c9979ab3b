"""HelsaMi as a contender: tokens, rules, row-level security and access log on, and a cookie for everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from bench.contenders import Contender, Counted
from bench.load import Asked
from bench.population import BIRTH_DATE, Citizen, represented_by
from bench.shape import SECTIONS
from harness.portal import Installation
from helsami_gateway.session import Sessions

HOME: Final = "/api/v1/home"
ACT_FOR: Final = "HelsaMi-Act-For"


def about_oneself(house: Installation, citizens: Sequence[Citizen]) -> Contender:
    """Everybody reads their own home view."""
    return _contender("ours", "HelsaMi, about oneself", house, citizens, lambda citizen: citizen)


def about_another(house: Installation, citizens: Sequence[Citizen]) -> Contender:
    """Everybody reads for somebody who has let them: decided, logged and signed by consents at each request."""
    return _contender("ours_granted", "HelsaMi, on someone's behalf", house, citizens, represented_by)


def _contender(
    name: str, title: str, house: Installation, citizens: Sequence[Citizen], reader: Callable[[Citizen], Citizen]
) -> Contender:
    port = urlsplit(house.portal.url).port or 0
    return Contender(name, title, port, house.portal.processes, partial(_asked, house, citizens, reader), _counted)


def _asked(house: Installation, citizens: Sequence[Citizen], reader: Callable[[Citizen], Citizen]) -> list[Asked]:
    """Requests with the cookies of sessions that begin now: the gateway renews older ones at each request."""
    sessions = Sessions(house.portal.keys.secret("session"))
    asked = []
    for citizen in citizens:
        response, who = Response(), reader(citizen)
        sessions.put(response, sessions.begin(who.id, BIRTH_DATE, protected=False))
        headers = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
        if who != citizen:
            headers[ACT_FOR] = citizen.id
        asked.append(Asked(HOME, headers))
    return asked


def _counted(view: Any) -> Counted:
    sections = view["sections"]
    return {section.name: len(sections[section.name]["items"]) for section in SECTIONS}
