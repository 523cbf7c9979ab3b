"""Makes a family real in a portal that stands still, as often as wanted from the same beginning."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import sqlalchemy as sa

from harness.delivered import PIXEL
from harness.sweep import Ask
from helsami_directory.register.domain import CONFIDENTIAL, HEALTH_AND_CARE, Address, Entry, Guardian
from helsami_gateway.headers import ACT_FOR
from helsami_gateway.national_id import synthetic

from .family import MOMENT, OTHERS, PARENTS
from .things import GP, HOSPITAL, HOW_HIDDEN, TOWN, bundle, free_times, person

TEMPLATE_MADE = datetime(2026, 2, 24, 9, tzinfo=UTC)
BORN = {who: date(year, 5, 17) for who, year in zip((*PARENTS, *OTHERS), (1980, 1978, 1975, 1960, 1965), strict=True)}
OF_AGE = 16
SUBJECT = "subject"
PIDS = {who: synthetic(date(1970, 1, 1), number) for number, who in enumerate((SUBJECT, *BORN), 1)}
DOCUMENT = {"title": "Vedtak", "content_type": "image/png", "content": b64encode(PIXEL).decode()}
HOME, AWAY = Address("here", "Bakken 1"), Address("there", "Lia 2")


class Stage:
    """The portal, and everybody by their parts."""

    def __init__(self, portal):
        self.portal = portal
        for who, pid in PIDS.items():
            portal.register.entries[pid] = self._entry(who, BORN.get(who, date(1990, 1, 1)))
            portal.deliver(GP, bundle([person(pid, who)]))
        portal.deliver(GP, bundle(free_times(datetime(2026, 3, 2, tzinfo=UTC), 5)))
        self.ids = {}
        for who, pid in PIDS.items():
            told = portal.ask(Ask("GET", "/api/v1/me", {"Cookie": portal.log_in(pid)}))
            self.ids[who] = orjson.loads(told.body)["citizen"]
        portal.settle()
        self._template = portal.kept()
        self._cookies = {}

    @staticmethod
    def _entry(who, born, address=None, **more):
        return Entry(who, born, address, **more)

    # Who asks

    def cookie(self, who, family):
        """A login of this moment."""
        who = SUBJECT if who == "self" else who
        born = family.born if who == SUBJECT else BORN[who]
        key = (who, born, self.portal.clock())
        if key not in self._cookies:
            self._cookies[key] = self.portal.cookie(self.ids[who], born, who)
        return self._cookies[key]

    def headers(self, who, family, *, acts=True):
        """Of a request about the family's citizen, or about oneself."""
        told = {"Cookie": self.cookie(who, family), "Content-Type": "application/json"}
        return told if who == "self" or not acts else {**told, ACT_FOR: self.ids[SUBJECT]}

    def send(self, verb, path, who, family, body=None, *, acts=False):
        """What somebody is answered."""
        sent = None if body is None else orjson.dumps(body)
        return self.portal.ask(Ask(verb, path, self.headers(who, family, acts=acts), sent))

    def done(self, *request, status=None, **more):
        """The same, read, when it was to go well."""
        answer = self.send(*request, **more)
        expected = answer.status < 300 if status is None else answer.status == status
        assert expected, (request[:3], answer.status, answer.body)
        return orjson.loads(answer.body)

    def staff(self, verb, path, organisation, body):
        told = {"Authorization": self.portal.staff(organisation), "Content-Type": "application/json"}
        answer = self.portal.ask(Ask(verb, path, told, orjson.dumps(body)))
        assert answer.status < 300, (path, answer)
        return orjson.loads(answer.body)

    # What is arranged

    def arrange(self, family):
        """Everything but what is hidden from the viewer and what comes late; it is `family.now` then."""
        portal = self.portal
        portal.restore(self._template)
        portal.clock.move_to(family.before)
        self._register(family, later=False)
        portal.clock.move(MOMENT)  # whose birth date or address has changed must log in anew
        self._represent(family)
        self.deliver(family, [one for one in family.things if one not in family.hidden and not comes_late(one)])
        portal.settle()
        portal.move_to(family.now - MOMENT)
        self._end(family)
        self._register(family, later=True)
        portal.move_to(family.now)
        self.feed = self._link(family) if family.viewer == "self" else None
        self.shield(family, [one for one in family.things if one not in family.hidden and not comes_late(one)])
        return portal.kept()

    def _link(self, family):
        """The secret of the private link to the calendar of whoever looks at their own."""
        wish = {"details": not family.protected, "language": "nb"}
        answer = self.done("POST", "/api/v1/calendar/link", "self", family, wish)
        return answer["path"].removeprefix("/calendar/").removesuffix(".ics")

    def shield(self, family, things):
        """Have the citizen hide what they hide, and staff have their word; then some of it is sent in another shape."""
        for thing in (one for one in things if one.shield):
            for kind, service, table, end in HOW_HIDDEN[thing.kind]:
                self._hide(family, thing, kind, self._id(service, table, f"{thing.key}{end}"))
        self.portal.settle()
        self._send(things, lambda one: one.later_entries(PIDS[SUBJECT], family.now))

    def _hide(self, family, thing, kind, item):
        by_name = thing.shield in {*PARENTS, *OTHERS}
        hidden_from = self.made.get(thing.shield, "0" * 32) if by_name else thing.shield
        wish = {"kind": kind, "item": item, "hidden_from": hidden_from}
        answer = self.send("POST", "/api/v1/shields", "self", family, wish)
        if answer.status != 201:
            over = by_name and getattr(family, thing.shield).fate
            assert over or not family.can_hide(thing), (thing, answer)
            return
        shield = orjson.loads(answer.body)["id"]
        asked = family.age(family.now) < OF_AGE or thing.shield == "staff"
        if thing.shield_state == "lifted":
            self.done("DELETE", f"/api/v1/shields/{shield}", "self", family)
        elif asked and thing.shield_state:
            word = {"confirmed": {"decision": "confirm"}, "declined": {"decision": "decline", "reason": "talk-to-us"}}
            path = f"/staff/v1/shields/{shield}/decision"
            self.staff("POST", path, thing.organisation, word[thing.shield_state])

    def _id(self, service, table, key):
        where = f"SELECT id FROM {table} WHERE owner = :owner AND key LIKE :key"
        told = {"owner": self.ids[SUBJECT], "key": f"%|{key}%"}
        with self.portal.databases[service].engine.connect() as connection:
            return connection.execute(sa.text(where), told).scalar_one()

    def _register(self, family, *, later):
        parents = {who: getattr(family, who).later() if later else getattr(family, who) for who in PARENTS}
        holders = frozenset(PIDS[who] for who, one in parents.items() if one.holder)
        guardians = self._guardians(family, later=later)
        told = {SUBJECT: self._entry(SUBJECT, family.born, HOME, holders=holders, guardians=guardians)}
        if later and family.protected:
            told[SUBJECT] = replace(told[SUBJECT], protection=CONFIDENTIAL)
        for who, one in parents.items():
            told[who] = self._entry(who, BORN[who], HOME if one.at_home else AWAY)
            if later and one.fate == "protected":
                told[who] = replace(told[who], protection=CONFIDENTIAL)
        if family.guardian is not None:
            told["guardian"] = self._entry("guardian", BORN["guardian"])
        changed = []
        for who, entry in told.items():
            if self.portal.register.entries.get(PIDS[who]) != entry or not later:
                changed.append(PIDS[who])
            self.portal.register.entries[PIDS[who]] = entry
        if changed:
            self.staff("POST", "/staff/v1/register/changes", "region", {"national_ids": changed})
        self.portal.settle()

    @staticmethod
    def _guardians(family, *, later):
        """Whom the register names: until it names them no more, or until a moment that comes before it is looked."""
        trust = family.guardian
        if trust is None or "guardian" not in family.asking or (later and trust.fate == "ended"):
            return frozenset()
        until = family.now - timedelta(hours=1) if trust.fate == "expired" else None
        return frozenset({Guardian(PIDS["guardian"], frozenset({HEALTH_AND_CARE}), until)})

    def _represent(self, family):
        self.made = {}
        for who in PARENTS:
            if who in family.asking and getattr(family, who).asked:
                answer = self.send("POST", "/api/v1/children", who, family, {"national_id": PIDS[SUBJECT]})
                assert (answer.status == 201) == family.could_ask(who), (who, family, answer)
                if answer.status == 201:
                    self.made[who] = orjson.loads(answer.body)["id"]
        for who, make in zip(OTHERS, (self._grant, self._apply, self._appointed), strict=True):
            if who in family.asking and getattr(family, who) is not None and family.could_ask(who):
                self.made[who] = make(family, getattr(family, who))

    def _grant(self, family, trust):
        wish = {"receiver": self.ids["friend"], **_extent(trust)}
        if trust.fate == "expired":
            wish["expires_at"] = (family.now - timedelta(hours=1)).isoformat()
        grant = self.done("POST", "/api/v1/grants", "self", family, wish)["id"]
        if trust.fate != "waits":
            self.done("POST", f"/api/v1/grants/{grant}/accept", "friend", family, {})
        return grant

    def _apply(self, family, trust):
        wish = {
            "national_id": PIDS[SUBJECT],
            "organisation": GP,
            "relation": "relative",
            "documents": [DOCUMENT],
            **_extent(trust),
        }
        application = self.done("POST", "/api/v1/capacity-applications", "relative", family, wish)["id"]
        path = f"/staff/v1/capacity-applications/{application}/decision"
        if trust.fate == "expired":
            self.staff("POST", path, GP, {"decision": "decline", "reason": "documents-insufficient"})
        elif trust.fate != "waits":
            self.staff("POST", path, GP, {"decision": "grant", "review_days": 365})
        return application

    def _appointed(self, family, _):
        """By what the register lets somebody act."""
        given = self.done("GET", "/api/v1/grants", "self", family)["given"]
        return next(one["id"] for one in given if one["code"] == "VE")

    def _end(self, family):
        """What somebody takes back."""
        for who, path in (("mother", "children"), ("father", "children")):
            if getattr(family, who).fate == "gave up" and who in self.made:
                self.send("DELETE", f"/api/v1/{path}/{self.made[who]}", who, family)
        for who, by, path in (("friend", "self", "grants"), ("relative", "relative", "capacity-applications")):
            trust = getattr(family, who)
            if trust is not None and trust.fate == "ended" and who in self.made:
                self.done("DELETE", f"/api/v1/{path}/{self.made[who]}", by, family)
        self.portal.settle()

    def deliver(self, family, things):
        """Have record systems send these things."""
        self._send(things, lambda one: one.entries(PIDS[SUBJECT], family.now))

    def _send(self, things, entries_of):
        for organisation in (GP, TOWN, HOSPITAL):
            entries = [entry for one in things if one.organisation == organisation for entry in entries_of(one)]
            if entries:
                self.portal.deliver(organisation, bundle(entries))
        self.portal.settle()


def comes_late(thing):
    """Some of what is seen comes after what is hidden."""
    return thing.place % 2 == 1


def _extent(trust):
    if trust.level == "areas":
        return {"areas": {area: ["see", *(["act"] if area == "appointments" else [])] for area in trust.areas}}
    return {"level": trust.level}

