"""One person with much ahead: a referral, a summons with a map, a planned stay, and a plan for the time after it."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from helsami_gateway.demo.chart import Chart
from helsami_gateway.demo.diary import OSLO
from helsami_gateway.demo.fhir import ACT, Json, coding, concept, day, instant
from helsami_gateway.demo.register import visit_type_concept

WHO = 1
"""The number of the person; the first one, so that a short part of the demo has something of every kind."""

REFERRED, SUMMONED, ADMITTED, NIGHTS = timedelta(days=4), timedelta(days=16), timedelta(days=30), 3
DOCUMENT_CATEGORY = "urn:helsami:document-category"
REFERRAL_STATUS = "urn:helsami:referral-status"
DEADLINE = "http://helsenorge.no/fhir/StructureDefinition/no-frist-for-helsehjelp"
PAGE = "BT /F1 18 Tf 60 740 Td ({text}) Tj ET"


def at_hospital(chart: Chart, today: date, clinician: str, starts: datetime) -> None:
    """Write a referral, the appointment that it has led to, the summons to that, and a stay after it."""
    referral = chart.add("ServiceRequest", _referral(chart, today))
    appointment = chart.appointment(
        "follow-up", clinician, starts, status="booked", why="Vurdering av hofte", based_on=referral
    )
    chart.add("DocumentReference", _summons(chart, today, appointment))
    chart.add("Encounter", _stay(chart, today, clinician))


def in_municipality(chart: Chart, today: date, clinician: str) -> None:
    """Write what is to be done at home, day by day and week by week."""
    first = today + timedelta(days=1)
    weekly = {"period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"], "timeOfDay": ["17:00:00"], "frequency": 2}
    daily = {"period": 1, "periodUnit": "d", "frequency": 1}
    body = {
        "status": "active",
        "intent": "plan",
        "title": "Før operasjonen",
        "subject": chart.patient,
        "created": day(today - timedelta(days=2)),
        "author": chart.practitioner(clinician),
        "activity": [
            _activity("Knebøy med støtte, tre ganger ti", first, daily),
            _activity("Gruppetrening", first, weekly),
        ],
    }
    chart.add("CarePlan", body)


def _referral(chart: Chart, today: date) -> Json:
    expected = today + SUMMONED
    return {
        "extension": [
            {"url": REFERRAL_STATUS, "valueCode": "scheduled"},
            {"url": DEADLINE, "valueDate": day(expected + timedelta(days=60))},
        ],
        "status": "active",
        "intent": "order",
        "code": {"text": "Vurdering av hofte"},
        "subject": chart.patient,
        "authoredOn": _noon(today - REFERRED),
        "requester": {"display": "Øya legesenter"},
        "performer": [chart.organization()],
        "reasonCode": [{"text": "Vondt i hoften ved gange"}],
        "occurrencePeriod": {"start": f"{expected:%Y-%m}", "end": f"{expected + timedelta(days=60):%Y-%m}"},
    }


def _summons(chart: Chart, today: date, appointment: Json) -> Json:
    text = "Du har fått time til vurdering av hoften. Ta med en liste over medisinene dine. Kart ligger ved."
    written = _noon(today - timedelta(days=3))
    return {
        "status": "current",
        "category": [concept("Innkalling", coding(DOCUMENT_CATEGORY, "summons"))],
        "subject": chart.patient,
        "date": written,
        "description": "Innkalling til poliklinisk time",
        "content": [
            {"attachment": {"contentType": "text/plain; charset=utf-8", "data": b64encode(text.encode()).decode()}},
            {
                "attachment": {
                    "contentType": "application/pdf",
                    "title": "Slik finner du fram",
                    "data": b64encode(pdf("Inngang A, 2. etasje")).decode(),
                }
            },
        ],
        "context": {"related": [appointment]},
    }


def _stay(chart: Chart, today: date, clinician: str) -> Json:
    starts = datetime.combine(today + ADMITTED, time(8), OSLO)
    return {
        "status": "planned",
        "class": coding(ACT, "IMP", "inpatient encounter"),
        "type": [visit_type_concept("inpatient-stay")],
        "subject": chart.patient,
        "period": {"start": instant(starts), "end": instant(starts + timedelta(days=NIGHTS, hours=4))},
        "location": [{"location": chart.location(chart.organisation.clinician(clinician).unit)}],
        "serviceProvider": chart.organization(),
    }


def _activity(title: str, first: date, repeat: Json) -> Json:
    bounds = {"start": day(first), "end": day(first + ADMITTED)}
    timing = {"repeat": {"boundsPeriod": bounds, **repeat}}
    return {"detail": {"status": "scheduled", "description": title, "scheduledTiming": timing, "doNotPerform": False}}


def _noon(on: date) -> str:
    return instant(datetime.combine(on, time(12), OSLO))


def pdf(text: str) -> bytes:
    """A page with one line of plain Latin letters, as PDF 1.4."""
    drawn = PAGE.format(text=text).encode("latin-1")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    parts = [b"%PDF-1.4\n", *_numbered(objects)]
    places = [sum(map(len, parts[:number])) for number in range(1, len(parts) + 1)]
    entries = b"".join(b"%010d 00000 n \n" % place for place in places[: len(objects)])
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, entries)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, places[-1])
    return b"".join([*parts, table, trailer])


def _numbered(objects: tuple[bytes, ...]) -> Iterator[bytes]:
    for number, one in enumerate(objects, 1):
        yield b"%d 0 obj\n%s\nendobj\n" % (number, one)
