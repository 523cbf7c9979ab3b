"""What a record system may have of somebody, each with a word by which it is known wherever it is seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harness.delivered import FNR, PIXEL, VISIT_TYPE, enclosed, identifier, instant, named

GP, HOSPITAL, TOWN = "oya_legesenter", "st_olavs", "trondheim"
LOINC = "http://loinc.org"
VITAL_SIGNS = [{"coding": [{"code": "vital-signs"}]}]
SECURITY = "urn:oid:2.16.578.1.12.4.1.1.9603"
MARK = re.compile(rb"Merke[a-z]+")

KINDS = {
    "appointment": {"appointments"},
    "past appointment": {"appointments"},
    "task": {"appointments"},
    "stay": {"appointments", "records"},
    "referral": {"appointments", "records"},
    "plan": {"appointments", "records"},
    "visit": {"records"},
    "note": {"records"},
    "condition": {"records"},
    "allergy": {"records"},
    "vaccine": {"records"},
    "document": {"records"},
    "letter": {"records"},
    "summons": {"records"},
    "medication": {"medications"},
    "result": {"results"},
    "finding": {"results"},
}
"""What there may be, and in which areas one must be let see to read it."""

HOW_HIDDEN = {
    "appointment": (("appointment", "appointments", "appointments", "-appointment"),),
    "task": (("appointment", "appointments", "appointments", "-appointment"),),
    "stay": (("stay", "appointments", "stays", "-stay"),),
    "referral": (("referral", "appointments", "referrals", ""),),
    "plan": (("plan", "appointments", "plan_actions", ""),),
    "visit": (("visit", "records", "visits", "-visit"),),
    "condition": (("condition", "records", "conditions", ""),),
    "allergy": (("allergy", "records", "allergies", ""),),
    "vaccine": (("vaccine", "records", "vaccines", ""),),
    "document": (("document", "records", "documents", ""),),
    "letter": (("letter", "records", "documents", ""),),
    "medication": (("medication", "medications", "medications", ""),),
    "result": (("result", "results", "results", ""),),
    "finding": (("result", "results", "results", "-alone"),),
}
HOW_HIDDEN["past appointment"], HOW_HIDDEN["note"] = HOW_HIDDEN["appointment"], HOW_HIDDEN["visit"]
HOW_HIDDEN["summons"] = (*HOW_HIDDEN["appointment"], *HOW_HIDDEN["letter"])
"""By which of its kinds a thing is hidden, where that stands, and the end of its key there."""

WITH_VISIT_TYPE = {"appointment", "past appointment", "task", "visit", "note"}
HOME_CARE = "home-care-visit"


@dataclass(frozen=True)
class Thing:
    """
    One thing; `place` tells it from its like, and gives it its time.

    `limit` is a code of system 9603, `shield` from whom its owner hides it, `shield_state` what became of that.
    """

    kind: str
    organisation: str
    place: int
    visit_type: str = "consultation"
    old: bool = False
    limit: str = ""
    shield: str = ""
    shield_state: str = ""

    @property
    def key(self):
        return f"{self.kind.replace(' ', '-')}-{self.place}"

    @property
    def mark(self):
        return "Merke" + "abcdefghijklmnopqrst"[self.place]

    def at(self, now):
        """When it was or is to be; a booked time is one that begins within a free one of the doctor's office."""
        if self.old:
            return datetime(2024, 6, 3, 9, tzinfo=UTC) + timedelta(days=self.place)
        day = datetime(now.year, now.month, now.day, 9, 10, tzinfo=UTC)
        return day + timedelta(days=3 + self.place) if self.is_to_come else day - timedelta(days=2 + self.place)

    @property
    def is_to_come(self):
        return self.kind in {"appointment", "task", "stay", "plan", "summons"}

    def entries(self, pid, now):
        """The resources in which it comes."""
        return self._made(MAKERS, pid, now)

    def later_entries(self, pid, now):
        """In what other shape its record system sends it again, when its citizen has hidden it or not."""
        return self._made(LATER_MAKERS, pid, now) if self.kind in LATER_MAKERS else []

    def _made(self, makers, pid, now):
        subject = {"type": "Patient", "identifier": {"system": FNR, "value": pid}}
        return [self._entry(kind, key, body) for kind, key, body in makers[self.kind](self, subject, self.at(now), now)]

    def _entry(self, kind, key, body):
        if self.limit:
            body = {"meta": {"security": [{"system": SECURITY, "code": self.limit}]}, **body}
        return {
            "request": {"method": "PUT", "url": f"{kind}?identifier={named(key)}"},
            "resource": {"resourceType": kind, "identifier": [identifier(key)], **body},
        }


def bundle(entries):
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def person(pid, name):
    body = {"resourceType": "Patient", "identifier": [{"system": FNR, "value": pid}, identifier(name)]}
    put = {"method": "PUT", "url": f"Patient?identifier={named(name)}"}
    return {"request": put, "resource": {**body, "name": [{"text": name}]}}


def free_times(now, days):
    """A doctor's free times, half an hour each, two a day."""
    concept = {"coding": [{"system": VISIT_TYPE, "code": "consultation"}], "text": "Legetime"}
    actor = {"reference": "Practitioner?identifier=urn:x|lege", "display": "Klar Kompass"}
    yield {
        "request": {"method": "PUT", "url": f"Schedule?identifier={named('lege')}"},
        "resource": {
            "resourceType": "Schedule",
            "identifier": [identifier("lege")],
            "active": True,
            "serviceType": [concept],
            "actor": [actor],
        },
    }
    for number in range(days * 2):
        starts = datetime(now.year, now.month, now.day, 9 + number % 2, tzinfo=UTC) + timedelta(days=3 + number // 2)
        yield {
            "request": {"method": "PUT", "url": f"Slot?identifier={named(f'slot-{number}')}"},
            "resource": {
                "resourceType": "Slot",
                "identifier": [identifier(f"slot-{number}")],
                "schedule": {"reference": f"Schedule?identifier={named('lege')}"},
                "status": "free",
                "start": instant(starts),
                "end": instant(starts + timedelta(minutes=30)),
            },
        }


def _concept(text, code=None, system=LOINC):
    return {"text": text, "coding": [{"system": system, "code": code}]} if code else {"text": text}


def _flag(system, code):
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def _appointment(thing, subject, at, _now, status="booked"):
    of_type = {"coding": [{"system": VISIT_TYPE, "code": thing.visit_type}], "text": thing.mark}
    named_otherwise = {**of_type, "text": "Time"} if thing.kind in {"task", "summons"} else of_type
    body = {
        "status": status,
        "start": instant(at),
        "end": instant(at + timedelta(minutes=20)),
        "serviceType": [named_otherwise],
        "participant": [{"status": "accepted", "actor": subject}],
    }
    yield "Appointment", f"{thing.key}-appointment", body


def _past(thing, subject, at, now):
    yield from _appointment(thing, subject, at, now, "fulfilled")


def _task(thing, subject, at, now):
    yield from _appointment(thing, subject, at, now)
    focus = {"type": "Appointment", "identifier": identifier(f"{thing.key}-appointment")}
    body = {"status": "requested", "intent": "order", "description": thing.mark, "for": subject, "focus": focus}
    yield "Task", thing.key, body


def _visit(thing, subject, at, _now, name=None):
    body = {
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"coding": [{"system": VISIT_TYPE, "code": thing.visit_type}], "text": name or thing.mark}],
        "subject": subject,
        "period": {"start": instant(at), "end": instant(at + timedelta(minutes=30))},
    }
    yield "Encounter", f"{thing.key}-visit", body


def _text(subject, at, title, text):
    content = [{"attachment": {**enclosed("text/plain; charset=utf-8", text), "title": title}}]
    return {"status": "current", "subject": subject, "date": instant(at), "content": content}


def _note(thing, subject, at, now):
    yield from _visit(thing, subject, at, now, "Time")
    encounter = {"type": "Encounter", "identifier": identifier(f"{thing.key}-visit")}
    written = _text(subject, at + timedelta(hours=1), "Notat", thing.mark)
    yield "DocumentReference", thing.key, {**written, "type": _concept("Notat"), "context": {"encounter": [encounter]}}


def _document(thing, subject, at, _now):
    yield "DocumentReference", thing.key, {**_text(subject, at, thing.mark, "Epikrise"), "type": _concept("Epikrise")}


def _letter(thing, subject, at, _now, **more):
    written = _text(subject, at, "Brev", "Velkommen.")
    category = [{"coding": [{"system": "urn:helsami:document-category", "code": "summons" if more else "letter"}]}]
    content = [*written["content"], {"attachment": enclosed("image/png", PIXEL)}]
    yield "DocumentReference", thing.key, {
        **written,
        "category": category,
        "description": thing.mark,
        "content": content,
        **more,
    }


def _summons(thing, subject, at, now):
    yield from _appointment(thing, subject, at, now)
    related = {"related": [{"type": "Appointment", "identifier": identifier(f"{thing.key}-appointment")}]}
    yield from _letter(thing, subject, now - timedelta(days=1, minutes=thing.place), now, context=related)


def _condition(thing, subject, at, _now):
    body = {
        "clinicalStatus": _flag("condition-clinical", "active"),
        "verificationStatus": _flag("condition-ver-status", "confirmed"),
        "code": _concept(thing.mark, "N89", "urn:oid:2.16.578.1.12.4.1.1.7170"),
        "subject": subject,
        "recordedDate": instant(at),
    }
    yield "Condition", thing.key, body


def _allergy(thing, subject, at, _now):
    body = {
        "clinicalStatus": _flag("allergyintolerance-clinical", "active"),
        "verificationStatus": _flag("allergyintolerance-verification", "confirmed"),
        "code": _concept(thing.mark, "J01CE", "http://www.whocc.no/atc"),
        "patient": subject,
        "recordedDate": instant(at),
    }
    yield "AllergyIntolerance", thing.key, body


def _vaccine(thing, subject, at, _now):
    code = _concept(thing.mark, "J07BF03", "http://www.whocc.no/atc")
    body = {"status": "completed", "vaccineCode": code, "patient": subject, "occurrenceDateTime": instant(at)}
    yield "Immunization", thing.key, body


def _medication(thing, subject, at, _now):
    body = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(thing.mark, "N02BE01", "http://www.whocc.no/atc"),
        "subject": subject,
        "authoredOn": instant(at),
    }
    yield "MedicationRequest", thing.key, body


def _result(thing, subject, at, _now):
    body = {
        "status": "final",
        "category": VITAL_SIGNS,
        "code": _concept(thing.mark, "85354-9"),
        "subject": subject,
        "effectiveDateTime": instant(at),
        "valueQuantity": {"value": 120, "unit": "mmHg"},
    }
    yield "Observation", thing.key, body


def _finding(thing, subject, at, now):
    """A finding that comes alone, and, of some, a report that it is not yet a part of."""
    for _, key, body in _result(thing, subject, at, now):
        yield "Observation", f"{key}-alone", body
        if thing.place % 3:
            yield "Observation", f"{key}-other", body
            yield from _report(thing, subject, at, "other")


def _report(thing, subject, at, *findings):
    held = [{"type": "Observation", "identifier": identifier(f"{thing.key}-{one}")} for one in findings]
    body = {"status": "final", "code": _concept("Svar", "85354-9"), "category": VITAL_SIGNS, "result": held}
    yield "DiagnosticReport", f"{thing.key}-report", {**body, "subject": subject, "effectiveDateTime": instant(at)}


def _reported(thing, subject, at, _now):
    """The same finding in a report, or in one that is corrected."""
    yield from _report(thing, subject, at, *(("other",) if thing.place % 3 else ()), "alone")


def _stay(thing, subject, at, _now):
    body = {
        "status": "planned",
        "class": {"code": "IMP"},
        "type": [_concept(thing.mark, "inpatient-stay", VISIT_TYPE)],
        "subject": subject,
        "period": {"start": instant(at), "end": instant(at + timedelta(days=2))},
    }
    yield "Encounter", f"{thing.key}-stay", body


def _referral(thing, subject, at, _now):
    body = {"status": "active", "intent": "order", "code": {"text": thing.mark}, "subject": subject}
    yield "ServiceRequest", thing.key, {**body, "authoredOn": instant(at)}


def _plan(thing, subject, at, now):
    detail = {
        "kind": "Task",
        "status": "scheduled",
        "description": thing.mark,
        "scheduledPeriod": {"start": instant(at), "end": instant(at + timedelta(hours=1))},
    }
    written = f"{now - timedelta(days=2):%Y-%m-%d}"
    body = {"status": "active", "intent": "plan", "title": "Plan", "subject": subject, "created": written}
    yield "CarePlan", thing.key, {**body, "activity": [{"detail": detail}]}


MAKERS = {
    "appointment": _appointment,
    "past appointment": _past,
    "task": _task,
    "stay": _stay,
    "referral": _referral,
    "plan": _plan,
    "visit": _visit,
    "note": _note,
    "condition": _condition,
    "allergy": _allergy,
    "vaccine": _vaccine,
    "document": _document,
    "letter": _letter,
    "summons": _summons,
    "medication": _medication,
    "result": _result,
    "finding": _finding,
}
LATER_MAKERS = {"finding": _reported}
