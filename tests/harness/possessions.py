"""Something of every kind that a citizen of the demo, and an organisation's staff, may have, by its identifiers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import requests

from harness import delivered
from harness.portal import Citizen, Portal
from harness.sweep import Named, mine
from helsami_gateway.demo import people
from helsami_gateway.national_id import synthetic
from helsami_kernel.clock import OSLO

GP, HOSPITAL, ELSEWHERE = "oya_legesenter", "st_olavs", "levanger"
UNKNOWN_PERSON: Final = synthetic(date(1899, 1, 1), 3)
HEX, UUID, SECRET = "0" * 31 + "1", "00000000-0000-5000-8000-000000000001", "A" * 43
NO_OFFERS: Final = (21, 8)
WITHIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who: the one whose things are asked for, and everybody else."""

    pids: dict[str, str]
    citizens: dict[str, Citizen]

    @classmethod
    def of(cls, portal: Portal) -> Cast:
        """Log everybody in."""
        by_household: dict[str, list[str]] = {}
        for person in people(datetime.now(OSLO).date()):
            by_household.setdefault(person.household, []).append(person.pid)
        pids = {role: by_household[household][place] for role, (household, place) in ROLES.items()}
        return cls(pids, {role: portal.log_in(pid) for role, pid in pids.items()})

    def id_of(self, role: str) -> str:
        """Their opaque id."""
        return str(self.citizens[role].get("/api/v1/me").json()["citizen"])


ROLES: Final = {
    "victim": ("Fjord", 0),
    "spouse": ("Fjord", 1),
    "child": ("Fjord", 2),
    "sibling": ("Fjord", 3),
    "another": ("Skog", 0),
    "former": ("Sol", 0),
    "limited": ("Furu", 0),
    "deputy": ("Furu", 1),
    "elsewhere": ("Bekk", 0),
    "their subject": ("Bekk", 1),
    "invited": ("Tind", 0),
    "inviting": ("Tind", 1),
    "not digital": ("Ørn", 0),
    "giving up": ("Eng", 0),
    "another's child": ("Eng", 1),
    "cared for": ("Bjørk", 0),
}


@dataclass(frozen=True)
class Makers:
    """Makes what a citizen and an organisation may have; each gives the names that things go by."""

    portal: Portal
    cast: Cast

    def all(self) -> dict[str, Named]:
        """One of everything, as the victim's or the doctor's office's."""
        made: dict[str, Named] = {}
        for make in (
            self.delivered_things,
            self.bookings,
            self.offers,
            self.request,
            self.own_notes,
            self.delegations,
            self.capacity,
            self.opened_by_staff,
            self.persons,
            self.dialogue,
        ):
            made |= make()
        made |= self.shields(made["appointment"].real, made["grant"].real)
        return made | self.decisions(made["/api/v1/waitlist/{appointment} appointment"].real)

    def delivered_things(self) -> dict[str, Named]:
        """What record systems send."""
        known = self.sent("victim", "foreign-1", GP, "annual-check", days=3)
        self.sent("spouse", "foreign-2", GP, "annual-check", days=4)
        record = Named(delivered.named("foreign-1"), delivered.named("foreign-0"))
        staff = ("/staff/v1/waitlist", "/staff/v1/video", "/staff/v1/video/in-person", "/staff/v1/video/join")
        return {
            **known,
            **{f"{path} appointment": record for path in (*staff, "/staff/v1/video/groups")},
            "appointment 2": Named(delivered.named("foreign-2"), delivered.named("foreign-0")),
        }

    def sent(self, role: str, key: str, organisation: str, visit_type: str, days: int) -> dict[str, Named]:
        """An appointment with its task, referral and letter of one citizen's."""
        starts_at = (datetime.now(UTC) + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
        pid, citizen = self.cast.pids[role], self.cast.citizens[role]
        outcome = self.portal.deliver(organisation, delivered.about(pid, key, visit_type, starts_at)).json()
        assert {one["response"]["status"][:2] for one in outcome["entry"]} == {"20"}, outcome

        def shown() -> Any:
            for one in items(citizen, "/api/v1/appointments"):
                told = citizen.get(f"/api/v1/appointments/{one['id']}").json()
                if told["organisation"] == organisation and told["tasks"] and told["letters"]["items"]:
                    return told
            return None

        told = until(shown)
        return {
            "appointment": Named(told["id"], UUID),
            "task": Named(told["tasks"][0]["id"], UUID),
            "referral": Named(told["referral"], UUID),
            "letter": Named(told["letters"]["items"][0]["id"], UUID),
            "number": Named("1", "9"),
        }

    def bookings(self) -> dict[str, Named]:
        """Times that are taken and held, by the victim and by somebody else, and a booking by video."""
        victim, another = self.cast.citizens["victim"], self.cast.citizens["giving up"]
        late = self.free()[-4:]
        self.booked("giving up", late[0])
        waiting = self.booked("victim", late[1], waitlist=True)
        for citizen, slot in ((victim, late[2]), (another, late[3])):
            ok(citizen.post(f"/api/v1/slots/{slot}/hold", {}, headers=mine("/api/v1/slots/{slot}/hold")))
        by_video = self.booked("victim", self.free()[-1])
        ok(requests.put(f"{self.portal.url}/api/v1/appointments/{by_video}/video", headers=self.login("victim")))
        return {
            "slot": Named(late[2], late[3]),
            "/api/v1/appointments/{appointment}/move slot": Named(late[1], late[0]),
            "/api/v1/waitlist appointment": Named(waiting, UUID),
            "/api/v1/waitlist/{appointment} appointment": Named(waiting, UUID),
            "/api/v1/appointments/{appointment}/video appointment": Named(by_video, UUID),
        }

    def offers(self) -> dict[str, Named]:
        """Offers of an earlier time, to the victim and by telephone; none is made at night."""
        waits = self.booked("not digital", self.free()[-1])
        whom = {"national_id": self.cast.pids["not digital"], "appointment": waits}
        ok(self.staff("POST", "/staff/v1/waitlist", whom))
        if at_night():
            return {}
        early = self.booked("giving up", self.free()[0])
        ok(self.cast.citizens["giving up"].post(f"/api/v1/appointments/{early}/cancel", {}))
        victim = self.cast.citizens["victim"]
        mine = until(lambda: victim.get("/api/v1/waitlist/offers").json()["offers"])
        phoned = until(lambda: self.staff("GET", "/staff/v1/waitlist/offers").json()["offers"])
        return {
            "offer": Named(mine[0]["id"], UUID),
            "/staff/v1/waitlist/offers/{offer}/accept offer": Named(phoned[0]["id"], UUID),
        }

    def request(self) -> dict[str, Named]:
        """What is asked of a hospital that does not let one move a time oneself."""
        known = self.sent("victim", "foreign-3", HOSPITAL, "x-ray", days=9)
        path, wish = "/api/v1/appointments/{appointment}/requests", {"action": "change", "wish": ""}
        of_mine = path.replace("{appointment}", known["appointment"].real)
        asked = ok(self.cast.citizens["victim"].post(of_mine, wish, headers=mine(path)), 201)
        return {"asked": Named(asked["id"], UUID)}

    def own_notes(self) -> dict[str, Named]:
        """What one writes oneself: an event, a link that was ended since, and next of kin."""
        victim = self.cast.citizens["victim"]
        event = {"title": "Svømming", "starts": "2035-03-05T18:00", "ends": "2035-03-05T19:00"}
        added = ok(victim.post("/api/v1/calendar/events", event, headers=mine("/api/v1/calendar/events")), 201)
        link = ok(victim.post("/api/v1/calendar/link", {}), 201)["path"]
        ok(victim.post("/api/v1/calendar/link", {}), 201)
        kin = {"name": "Kvikk Kvist", "relation": "sibling"}
        contact = ok(victim.post("/api/v1/profile/next-of-kin", kin, headers=mine("/api/v1/profile/next-of-kin")), 201)
        return {
            "event": Named(added["id"], UUID),
            "secret": Named(link.removeprefix("/calendar/").removesuffix(".ics"), SECRET),
            "contact": Named(contact["id"], HEX),
        }

    def delegations(self) -> dict[str, Named]:
        """Who acts for whom: a grant that waits for its receiver, one that waits for the victim, and a child."""
        given = self.granted("victim", "invited", {"appointments": ["see"]})
        received = self.granted("inviting", "victim", {"appointments": ["see"]})
        child = {"national_id": self.cast.pids["child"]}
        acting = ok(self.cast.citizens["victim"].post("/api/v1/children", child), 201)
        return {
            "grant": Named(given, HEX),
            "/api/v1/grants/{grant}/accept grant": Named(received, HEX),
            "child": Named(acting["id"], HEX),
        }

    def granted(self, giver: str, receiver: str, areas: dict[str, list[str]], *, accept: bool = False) -> str:
        """A grant."""
        wish = {"receiver": self.cast.id_of(receiver), "areas": areas, "expires_at": None}
        grant = str(ok(self.cast.citizens[giver].post("/api/v1/grants", wish), 201)["id"])
        if accept:
            ok(self.cast.citizens[receiver].post(f"/api/v1/grants/{grant}/accept", {}))
        return grant

    def capacity(self) -> dict[str, Named]:
        """An application to act for somebody who cannot consent, with a document."""
        document = delivered.enclosed("image/png", delivered.PIXEL)
        wish = {
            "national_id": self.cast.pids["cared for"],
            "organisation": GP,
            "relation": "relative",
            "areas": {"appointments": ["see"]},
            "documents": [
                {"title": "Vedtak", "content_type": document["contentType"], "content": document["data"]},
            ],
        }
        path = "/api/v1/capacity-applications"
        applied = ok(self.cast.citizens["victim"].post(path, wish, headers=mine(path)), 201)
        return {"application": Named(applied["id"], HEX)}

    def shields(self, appointment: str, grant: str) -> dict[str, Named]:
        """An appointment that its organisation is asked to hide from its staff, to be hidden from somebody as well."""
        path, wish = "/api/v1/shields", {"kind": "appointment", "item": appointment, "hidden_from": "staff"}
        shield = ok(self.cast.citizens["victim"].post(path, wish, headers=mine(path)), 201)
        return {"shield": Named(shield["id"], HEX), "item": Named(appointment, UUID), "hidden_from": Named(grant, HEX)}

    def opened_by_staff(self) -> dict[str, Named]:
        """A schedule, a time in it, and a room."""
        schedule = ok(self.staff("POST", "/staff/v1/schedules", {"visit_type": "blood-test", "kind": "Prøve"}), 201)
        day = datetime.now(OSLO) + timedelta(days=40)
        times = [{"starts": f"{day:%Y-%m-%d}T13:00", "ends": f"{day:%Y-%m-%d}T13:20"}]
        opened = ok(self.staff("POST", "/staff/v1/slots", {"schedule": schedule["id"], "slots": times}), 201)
        span = {"starts_at": delivered.instant(day), "ends_at": delivered.instant(day + timedelta(hours=1))}
        room = ok(self.staff("POST", "/staff/v1/video/meetings", span))
        return {
            "schedule": Named(schedule["id"], UUID),
            "/staff/v1/slots/{slot} slot": Named(opened["slots"][0]["id"], UUID),
            "room": Named(room["id"], UUID),
            "/staff/v1/organisations/{organisation} organisation": Named(GP, "nya_legesenter"),
            "/staff/v1/organisations/{organisation}/state organisation": Named(GP, "nya_legesenter"),
        }

    def persons(self) -> dict[str, Named]:
        """People as others name them: by their national ids."""
        return {
            "national_id": Named(self.cast.pids["victim"], UNKNOWN_PERSON),
            "national_ids": Named(self.cast.pids["victim"], UNKNOWN_PERSON),
            "national_id 2": Named(self.cast.pids["spouse"], UNKNOWN_PERSON),
            "/api/v1/children national_id": Named(self.cast.pids["another's child"], UNKNOWN_PERSON),
        }

    def dialogue(self) -> dict[str, Named]:
        """A thread with the doctor's office, and what of it lies in its inbox."""
        victim, path = self.cast.citizens["victim"], "/api/v1/messages"
        team = delivered.care_team(self.cast.pids["victim"], "foreign-team", "doctors", {})
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [team]}
        assert self.portal.deliver(GP, bundle).json()["entry"][0]["response"]["status"][:2] == "20"
        known = ok(victim.get(f"{path}/recipients"))["recipients"]
        (recipient,) = (one["id"] for one in known if one["organisation"] == GP)
        wish = {"recipient": recipient, "subject": "Resepten", "text": "Er den fornyet?"}
        thread = ok(victim.post(path, wish, headers=mine(path)), 201)
        (lies,) = ok(self.staff("POST", "/staff/v1/messages/search", {"inbox": "doctors"}))["messages"]
        return {
            "recipient": Named(recipient, UUID),
            "thread": Named(thread["id"], UUID),
            "message": Named(lies["message"], UUID),
        }

    def decisions(self, booked: str) -> dict[str, Named]:
        """What was decided about a booking, by the booking's id."""
        until(lambda: self.staff("GET", f"/staff/v1/decisions/{booked}").status_code == 200)
        return {"decision": Named(booked, UUID)}

    # By which it is made

    def free(self) -> list[str]:
        """Free times at the doctor's office that no reminder is due for, the earliest first."""
        since = delivered.instant(datetime.now(UTC) + timedelta(days=4))
        asked = f"organisation={GP}&visit_type=consultation&limit=100&from={since}"
        found = ok(self.cast.citizens["victim"].get(f"/api/v1/slots?{asked}"))["slots"]
        return [slot["id"] for slot in found]

    def booked(self, role: str, slot: str, *, waitlist: bool = False) -> str:
        """An appointment."""
        wish = {"slot": slot, "waitlist": waitlist}
        return str(ok(self.cast.citizens[role].post("/api/v1/appointments", wish), 201)["id"])

    def login(self, role: str) -> dict[str, str]:
        """The header of a login."""
        return {"Cookie": self.cast.citizens[role].cookie}

    def staff(self, verb: str, path: str, command: Any = None, organisation: str = GP) -> requests.Response:
        """What an organisation's staff ask."""
        headers = {"Authorization": f"Bearer {self.portal.token(organisation)}"}
        return requests.request(verb, self.portal.url + path, json=command, headers=headers, timeout=WITHIN)


def items(citizen: Citizen, path: str) -> list[Any]:
    """Those of a list's first page."""
    found: list[Any] = ok(citizen.get(f"{path}?limit=100"))["items"]
    return found


def ok(answer: requests.Response, status: int | None = None) -> Any:
    """What was answered, if it was answered as expected."""
    assert answer.status_code == status if status else answer.ok, (answer.request.url, answer.status_code, answer.text)
    return answer.json()


def until(look: Callable[[], Any], within: float = WITHIN) -> Any:
    """What is seen once there is something. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come")
        time.sleep(0.1)
    return seen


def at_night() -> bool:
    """Whether offers wait for the morning."""
    since, ends = NO_OFFERS
    return not ends <= datetime.now(OSLO).hour < since
