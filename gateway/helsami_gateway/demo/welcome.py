"""What a new embedded system begins with: live organisations, and the demo through the journal, as any data go in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import partial
from typing import Final, NamedTuple

import requests

from helsami_gateway.demo import bundles, dumps, grants, people
from helsami_gateway.demo.ahead import WHO
from helsami_gateway.demo.dialogue import DIALOGUE, hold
from helsami_gateway.demo.fhir import Json, transaction
from helsami_gateway.demo.organisations import ORGANISATIONS, TRONDHEIM
from helsami_gateway.demo.people import Grant
from helsami_gateway.demo.population import write_register
from helsami_gateway.importing import Hindered
from helsami_gateway.lifecycle import Declined, Staff
from helsami_gateway.tokens import system_token
from helsami_kernel.clock import OSLO
from helsami_kernel.config import Settings
from helsami_kernel.installed import CannotStart
from helsami_sdk.rules import REGION

ANSWER_WITHIN: Final = 60
ENTRIES_A_DELIVERY: Final = 200
WHY: Final = "the demo begins"


def load_demo(settings: Settings) -> None:
    """Take the demo's organisations live, send every bundle, let some act for others and one write; or CannotStart."""
    today = datetime.now(OSLO).date()
    write_register(settings.data, today)
    with requests.Session() as client:
        gateway = f"http://{settings.host}:{settings.port}"
        tokens: dict[str, str] = {}
        try:
            operator = system_token(REGION)
            for each in ORGANISATIONS:
                Staff(gateway, lambda _: operator).bring_live(each.id, WHY)
            for organisation, bundle in deliveries(today):
                if organisation not in tokens:
                    tokens[organisation] = system_token(organisation)
                headers = {"Authorization": f"Bearer {tokens[organisation]}", "Content-Type": "application/fhir+json"}
                answer = client.post(
                    f"{gateway}/journal/v1/fhir", data=dumps(bundle), headers=headers, timeout=ANSWER_WITHIN
                )
                answer.raise_for_status()
            give(client, gateway, grants(today))
            writer = next(one.pid for one in people(today) if one.number == WHO)
            write(client, gateway, writer, tokens[TRONDHEIM.id])
        except (Declined, Hindered) as trouble:
            raise CannotStart(f"the demo's organisations are not live: {trouble}") from trouble
        except requests.RequestException as failure:
            raise CannotStart(f"the demo data could not be loaded: {type(failure).__name__}") from failure


def deliveries(today: date) -> Iterator[tuple[str, Json]]:
    """Put what an organisation knows of several people into one bundle, since each bundle costs the journal its own."""
    waiting: dict[str, list[Json]] = {}
    for organisation, bundle in bundles(today):
        entries = waiting.setdefault(organisation, [])
        entries += bundle["entry"]
        if len(entries) >= ENTRIES_A_DELIVERY:
            yield organisation, transaction(organisation, waiting.pop(organisation))
    for organisation, entries in waiting.items():
        yield organisation, transaction(organisation, entries)


def give(client: requests.Session, gateway: str, given: Collection[Grant]) -> None:
    """Make each grant as its two sides would, logged in: offered by the receiver's opaque id, and accepted."""
    people = dict.fromkeys(pid for grant in given for pid in (grant.giver, grant.receiver))
    logins = {pid: _log_in(client, gateway, pid) for pid in people}
    for grant in given:
        areas = {area: list(verbs) for area, verbs in grant.areas.items()}
        offer = {"receiver": logins[grant.receiver].citizen, "areas": areas}
        offered = _post(client, f"{gateway}/api/v1/grants", offer, logins[grant.giver])
        _post(client, f"{gateway}/api/v1/grants/{offered['id']}/accept", {}, logins[grant.receiver])


def write(client: requests.Session, gateway: str, writer: str, token: str) -> None:
    """Let one person write to their physiotherapist, who answers."""
    cookie, system = {"Cookie": _log_in(client, gateway, writer).cookie}, {"Authorization": f"Bearer {token}"}

    def ask(headers: dict[str, str], verb: str, path: str, command: Json | None) -> Json:
        answer = client.request(verb, f"{gateway}{path}", json=command, headers=headers, timeout=ANSWER_WITHIN)
        answer.raise_for_status()
        answered: Json = answer.json()
        return answered

    hold(DIALOGUE, partial(ask, cookie), partial(ask, system))


def _post(client: requests.Session, address: str, command: Json, login: _Login) -> Json:
    answer = client.post(address, json=command, headers={"Cookie": login.cookie}, timeout=ANSWER_WITHIN)
    answer.raise_for_status()
    answered: Json = answer.json()
    return answered


class _Login(NamedTuple):
    """Somebody's opaque id, and the cookie to send: a client would not send a secure one in clear by itself."""

    citizen: str
    cookie: str


def _log_in(client: requests.Session, gateway: str, pid: str) -> _Login:
    answer = client.post(f"{gateway}/dev/login", json={"pid": pid}, timeout=ANSWER_WITHIN)
    answer.raise_for_status()
    return _Login(answer.json()["citizen"], answer.headers["Set-Cookie"].partition(";")[0])
