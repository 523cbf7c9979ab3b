"""Ask for what is somebody else's wherever the API takes a name, and see that it looks as if it were not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import quote, urlencode

import requests

from harness.description import Operation
from helsami_gateway.headers import ACT_FOR, KEY

AT_ONCE: Final = 8
WITHIN: Final = 60.0
MISSING: Final = "0" * 32
NONSENSE: Final = "nonsense"
SUBJECT_NAMES: Final = ("subject", "citizen", "owner", "HelsaMi-Act-For")
CLOSED: Final = frozenset({401, 403, 404, 405})
REFUSED: Final = frozenset({400, 422})
VERBS: Final = ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE")
SEALED: Final = "Set-Cookie"  # of random bytes: that there is one is compared, and not what it is


@dataclass(frozen=True, slots=True)
class Named:
    """The name of something that is somebody's, and one of the same form that they cannot be told from it by."""

    real: str
    missing: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """One who asks for what is not theirs: by which login, with which headers."""

    name: str
    login: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request."""

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is seen of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """Requests that must be answered alike, to the byte; `statuses` are those in which nothing is given away."""

    operation: str
    stranger: str
    what: str
    asks: tuple[Ask, ...]
    statuses: frozenset[int] = CLOSED


Door = Callable[[Ask], Answer]


@dataclass(frozen=True)
class Things:
    """What is named at which place: by a path and a name where that path needs its own, else by the name alone."""

    named: Mapping[str, Named]
    bodies: Mapping[str, Any] = field(default_factory=dict)
    excepted: Iterable[str] = ()

    def at(self, operation: Operation, name: str) -> Named | None:
        """What is named there, if anything is."""
        if f"{operation} {name}" in self.excepted:
            return None
        return self.named.get(f"{operation.path} {name}", self.named.get(name))

    def places(self, operation: Operation) -> list[str]:
        """The names that an operation takes of what is somebody's."""
        names = dict.fromkeys((*operation.paths, *operation.queries, *operation.fields))
        return [name for name in names if self.at(operation, name) is not None]

    def ask(self, operation: Operation, headers: Mapping[str, str], gone: Sequence[str] = (), **more: str) -> Ask:
        """The request that names all of it, with what is gone under its missing name, and `more` wherever one can."""

        def name(place: str, which: int = 1) -> str | None:
            if place not in (*operation.paths, *operation.queries, *operation.fields):
                return None
            known = self.at(operation, place if which == 1 else f"{place} {which}")
            return None if known is None else known.missing if place in gone else known.real

        path = operation.path
        for place in operation.paths:
            path = path.replace(f"{{{place}}}", quote(name(place) or place, safe=""))
        query = {place: found for place in operation.queries if (found := name(place)) is not None} | more
        told = {"Content-Type": "application/json", **headers}
        if KEY in operation.headers:
            told = mine(operation.path) | told
        if "If-Match" in operation.headers:
            told["If-Match"] = '"1"'
        example = self.bodies.get(str(operation), operation.body)
        body = None if example is None and not more else _named(example or {}, name)
        if more and operation.verb != "GET":
            body = {**body, **more} if isinstance(body, dict) else body
        sent = json.dumps(body).encode() if body is not None and operation.verb != "GET" else None
        return Ask(operation.verb, path + (f"?{urlencode(query)}" if query else ""), told, sent)


def _named(example: Any, name: Callable[[str, int], str | None], place: str = "", which: int = 1) -> Any:
    """An example with the names of things in the place of its own."""
    if isinstance(example, Mapping):
        return {key: _named(part, name, key, which) for key, part in example.items()}
    if isinstance(example, list):
        return [_named(part, name, place, number) for number, part in enumerate(example, 1)]
    return (name(place, which) or example) if place and isinstance(example, str) else example


def mine(path: str) -> dict[str, str]:
    """The idempotency key under which the victim has done their own there, and strangers try theirs."""
    return {KEY: f"mine {path}"}


# What must look alike


def of_things(operations: Iterable[Operation], things: Things, strangers: Sequence[Stranger]) -> Iterator[Case]:
    """Whatever is named in path, query or body: real, and each of its names missing, for each stranger."""
    for operation in operations:
        places = things.places(operation)
        for stranger in strangers if places else ():
            if not _knocks(stranger, operation):
                continue
            asks = [things.ask(operation, stranger.headers, gone) for gone in ((), *((place,) for place in places))]
            inside = stranger.login == operation.login or operation.login is None
            statuses = CLOSED | _said(operation) if inside else frozenset({401})
            yield Case(str(operation), stranger.name, " ".join(places), tuple(asks), statuses)


def _said(operation: Operation) -> frozenset[int]:
    """What is said to everybody: that a time is taken, of which all may know, and that one is no child's parent."""
    names = (*operation.paths, *operation.fields)
    return frozenset({409} if "slot" in names else {422} if "national_id" in names else ())


def of_other_verbs(operations: Sequence[Operation], things: Things, strangers: Sequence[Stranger]) -> Iterator[Case]:
    """The verbs that a path does not have, and HEAD, which every path has that can be read."""
    known = {(operation.verb, operation.path) for operation in operations}
    for operation in {one.path: one for one in operations if things.places(one) and one.paths}.values():
        for stranger in strangers:
            for verb in VERBS:
                if (verb, operation.path) in known or not _knocks(stranger, operation):
                    continue
                other = Operation(verb, operation.path, operation.login, operation.paths, (), (), (), None)
                gone = ((), *((place,) for place in other.paths))
                asks = tuple(things.ask(other, stranger.headers, each) for each in gone)
                yield Case(str(other), stranger.name, "a verb", asks)


def of_subjects(
    operations: Iterable[Operation], things: Things, subject: str, actors: Sequence[Stranger]
) -> Iterator[Case]:
    """Whomever one says to act for, in the header or everywhere: who is there, who is not, and no name at all."""
    for operation in operations:
        if operation.login != "session":
            continue
        statuses = CLOSED | REFUSED
        if operation.verb == "GET" and ACT_FOR not in operation.headers:
            statuses |= {200}  # for whomever one asks, it is one's own or everybody's
        for actor in actors:
            for what, names in (("the subject", ()), ("the subject everywhere", SUBJECT_NAMES)):
                asks = (
                    things.ask(operation, {**actor.headers, ACT_FOR: one}, **dict.fromkeys(names, one))
                    for one in (subject, MISSING, NONSENSE)
                )
                yield Case(str(operation), actor.name, what, tuple(asks), statuses)


def _knocks(stranger: Stranger, operation: Operation) -> bool:
    """Who acts for another does so at the citizens' routes alone."""
    return operation.login != "system" or ACT_FOR not in stranger.headers


# Asking


@dataclass(frozen=True)
class Http:
    """The door of a running gateway; it keeps no cookie."""

    url: str
    client: requests.Session

    @classmethod
    def of(cls, url: str) -> Http:
        """With room for as many requests as are sent at once."""
        client = requests.Session()
        client.trust_env = False
        client.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        client.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
        return cls(url, client)

    def __call__(self, ask: Ask) -> Answer:
        url, headers = self.url + ask.path, dict(ask.headers)
        told = self.client.request(ask.verb, url, headers=headers, data=ask.body, timeout=WITHIN, allow_redirects=False)
        seen = {**told.headers, SEALED: str(SEALED in told.headers)}
        seen.pop("Date", None)
        return Answer(told.status_code, tuple(sorted(seen.items())), told.content)


@dataclass(frozen=True, slots=True)
class Finding:
    """A case in which something is given away."""

    case: Case
    answers: tuple[Answer, ...]

    def __str__(self) -> str:
        told = "\n".join(
            f"    {ask.verb} {ask.path} {ask.body!r} -> {answer.status} {answer.body[:160]!r}"
            for ask, answer in zip(self.case.asks, self.answers, strict=True)
        )
        return f"{self.case.operation}, {self.case.stranger}, {self.case.what}:\n{told}"


def findings(cases: Iterable[Case], door: Door) -> list[Finding]:
    """The cases whose answers differ, or say something."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = pool.map(lambda case: Finding(case, tuple(door(ask) for ask in case.asks)), cases)
        return [one for one in asked if not _closed(one)]


def _closed(asked: Finding) -> bool:
    first, *others = asked.answers
    return first.status in asked.case.statuses and all(answer == first for answer in others)
