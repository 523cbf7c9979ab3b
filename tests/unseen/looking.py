"""Everything that somebody can look at, as the API's description has it: a route that is added is looked at too."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlencode

import orjson
import sqlalchemy as sa

from harness.description import operations
from harness.sweep import Ask
from helsami_gateway.headers import ACT_FOR

SESSION = "session"
MINE = {SESSION, None}
TABLES = {
    "appointment": ("appointments", "appointments"),
    "slot": ("appointments", "slots"),
    "referral": ("appointments", "referrals"),
    "asked": ("appointments", "requests"),
    "task": ("appointments", "tasks"),
    "event": ("appointments", "calendar_events"),
    "offer": ("appointments", "offers"),
    "letter": ("records", "documents"),
    "thread": ("messages", "threads"),
    "grant": ("consents", "grants"),
    "child": ("consents", "parenthoods"),
    "application": ("consents", "capacity_applications"),
    "contact": ("directory", "contacts"),
}
"""Where the things stand that a path may name: every one of them is asked for."""

SECTIONS = ("visits", "conditions", "allergies", "vaccines", "documents")
WINDOW = timedelta(days=45)
PAGED = {"limit", "cursor"}
SEARCHED = {"organisation", "unit", "visit_type", "clinician", "role", "kind", "outcome"}
"""Queries that only leave something out of what is seen without them."""

ALWAYS = {"/api/v1/home", "/api/v1/appointments", "/api/v1/notices", "/calendar/{secret}.ics"}
SHARES = 4
MOST = 6
"""How many of a kind are asked for by their ids: there are more free times than anybody needs to look at."""

NOT_COMPARED = {"/api/v1/calendar/link", "/api/v1/logout", "/api/v1/account/deactivate"}
"""What answers with a secret of random bytes, or lets nobody look any more."""

FOR_ALL = {"/api/v1/openapi.json", "/api/v1/texts/{language}", "/dev/citizens"}
"""What says the same to everybody, or is not there where citizens are."""


@dataclass
class Routes:
    """The API's operations."""

    all: list
    described: dict
    share: int | None = None

    @classmethod
    def of(cls, portal):
        described = orjson.loads(portal.ask(Ask("GET", "/api/v1/openapi.json", {})).body)
        return cls(operations(described), described)

    @cached_property
    def looks(self):
        """What can be looked at by citizens."""
        mine = [one for one in self.all if one.verb == "GET" and one.login in MINE and one.path not in FOR_ALL]
        return [one for number, one in enumerate(mine) if self.share in {None, number % SHARES} or one.path in ALWAYS]

    def some(self, share):
        """The same with a share of what can be looked at, and what is looked at always; all of it for None."""
        return replace(self, share=share)

    @cached_property
    def commands(self):
        """What can be done on somebody's behalf."""
        return [one for one in self.all if one.verb != "GET" and one.login == SESSION and ACT_FOR in one.headers]

    @cached_property
    def own_commands(self):
        """What can be done for oneself alone, but for what ends in something that nobody could compare or look at."""
        for_all = (one for one in self.all if one.verb != "GET" and one.login == SESSION)
        return [one for one in for_all if ACT_FOR not in one.headers and one.path not in NOT_COMPARED]

    def queries(self, operation):
        """All of its queries, also those that name nothing."""
        told = self.described["paths"][operation.path][operation.verb.lower()].get("parameters", ())
        return {one["name"] for one in told if one["in"] == "query"}

    def unknown(self):
        """Where something can be named of which nobody here knows what it may be."""
        places = {*TABLES, "section", "number", "secret"}
        for one in self.looks:
            named = {*re.findall(r"\{(\w+)\}", one.path)} - places
            asked = self.queries(one) - PAGED - SEARCHED - {"from", "to", "when"}
            yield from (f"{one} {name}" for name in sorted(named | asked))
        for one in self.commands:
            yield from (f"{one} {name}" for name in sorted({*re.findall(r"\{(\w+)\}", one.path)} - {*TABLES}))


@dataclass
class Looking:
    """One who looks at all of it, with pages of a length."""

    portal: object
    routes: Routes
    now: object
    limit: int
    feed: str | None = None

    def everything(self, ids, headers, own):
        """Every answer by its request; `headers` are those of acting for somebody, `own` of asking for oneself."""
        answers = {}
        with self.portal.looking():
            for one in self.routes.looks:
                told = headers if ACT_FOR in one.headers else own
                for path in self.paths(one, ids):
                    self._walk(one, path, told, answers)
                    if told is not own and path.endswith("home"):
                        self._walk(one, path, own, answers, " of oneself")
        return answers

    def paths(self, operation, ids):
        """The paths of an operation with what there is in the place of its names."""
        paths = [operation.path]
        for name in re.findall(r"\{(\w+)\}", operation.path):
            if name == "section":
                values = SECTIONS
            elif name == "number":
                values = ("1",)
            elif name == "secret":
                values = (self.feed,) if self.feed else ("A" * 43,)
            else:
                values = (*ids.get(name, ())[:MOST], "0" * 32)
            paths = [path.replace(f"{{{name}}}", value) for path in paths for value in values]
        queries = self.routes.queries(operation)
        if "when" in queries:
            paths = [f"{path}?when={when}" for path in paths for when in ("upcoming", "past")]
        if {"from", "to"} <= queries and "limit" not in queries:
            window = urlencode({"from": moment(self.now - WINDOW), "to": moment(self.now + WINDOW)})
            paths = [f"{path}?{window}" for path in paths]
        return paths

    def _walk(self, operation, path, headers, answers, note=""):
        if "limit" not in self.routes.queries(operation):
            answers[f"GET {path}{note}"] = self.portal.ask(Ask("GET", path, headers))
            return
        limit = 100 if "slots" in path else self.limit
        here = first = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        for page in range(40):
            answer = answers[f"GET {first} page {page}{note}"] = self.portal.ask(Ask("GET", here, headers))
            following = orjson.loads(answer.body).get("next") if answer.status == 200 else None
            if following is None:
                return
            here = f"{first}&cursor={following}"
        raise AssertionError(f"{first} has no end")


def moment(at):
    return at.isoformat().replace("+00:00", "Z")


def ids_of(portal, owner):
    """The names of all that is somebody's, whoever may see it, and of what is free to all."""
    found = {}
    for name, (service, table) in TABLES.items():
        engine = portal.databases[service].engine
        columns = {one["name"] for one in sa.inspect(engine).get_columns(table)}
        whose = next((one for one in ("owner", "giver", "child", "subject", "citizen") if one in columns), None)
        where = f" WHERE {whose} = :owner" if whose else ""  # of what is nobody's: free to all
        with engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT id FROM {table}{where} ORDER BY id"), {"owner": owner})
            found[name] = tuple(row.id for row in rows)
    with portal.databases["appointments"].engine.connect() as connection:
        times = connection.execute(sa.text("SELECT id FROM slots ORDER BY starts_at"))
        found["slot"] = tuple(row.id for row in times)
    return found


def marks(answers):
    """The words of all the things that are seen in answers."""
    from .things import MARK  # noqa: PLC0415

    return {mark.decode() for answer in answers.values() for mark in MARK.findall(answer.body)}
