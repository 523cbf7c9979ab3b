"""Reading a referral: a ServiceRequest (FHIR R4, as the journal normalises it)."""

from __future__ import annotations

from datetime import date
from typing import Final

from helsami_appointments.referrals.domain import Referral, Status
from helsami_kernel import fhir
from helsami_kernel.clock import OSLO
from helsami_kernel.fhir import Json, objects, text
from helsami_kernel.journal import Entry, Unreadable, Unsupported

INTENTS: Final = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
STATUS: Final = "urn:helsami:referral-status"
"""The extension that says how far a referral has come, where ServiceRequest.status does not tell it (valueCode)."""

HELSENORGE: Final = "http://helsenorge.no/fhir/StructureDefinition/"
ASSESSED: Final = f"{HELSENORGE}no-vurdert-dato"
DEADLINE: Final = f"{HELSENORGE}no-frist-for-helsehjelp"
DATES: Final = ("valueDate", "valueDateTime")
ENTERED_IN_ERROR: Final = "entered-in-error"
ENDED: Final = {"completed": Status.COMPLETED, "revoked": Status.WITHDRAWN}
OPEN: Final = frozenset({"active", "on-hold"})
EXPECTED: Final = ("occurrencePeriod.start", "occurrenceDateTime")


def referral(entry: Entry) -> Referral | None:
    """
    Read a referral; None for one that was entered in error.

    Raises Unsupported for what is no order (a proposal, a plan) or not sent yet, and Unreadable without a time or a
    name.
    """
    resource = entry.resource
    if resource.get("status") == ENTERED_IN_ERROR:
        return None
    if resource.get("intent") not in INTENTS:
        raise Unsupported("intent", "ServiceRequest.intent")
    status = _status(resource)
    access_limit = fhir.access_limit(resource)
    receivers = [*objects(resource.get("performer")), *objects(resource.get("locationReference"))]
    reasons = (fhir.name(reason) for reason in objects(resource.get("reasonCode")))
    return Referral(
        status=status,
        name=next(filter(None, (fhir.name(resource.get(where)) for where in ("code", "performerType"))), ""),
        reason=", ".join(filter(None, reasons)),
        sender=fhir.display(resource.get("requester")),
        receiver=", ".join(dict.fromkeys(filter(None, map(fhir.display, receivers)))),
        authored_at=fhir.required_moment(resource, "authoredOn"),
        expected_from=fhir.moment_shown(resource, *EXPECTED),
        expected_to=fhir.moment_shown(resource, "occurrencePeriod.end"),
        deadline=_deadline(resource),
        access_limit=access_limit,
    )


def based_on(entry: Entry) -> str | None:
    """Give the key of the first referral that an Appointment is based on; None when it names none."""
    named = (fhir.key(one, "ServiceRequest") for one in objects(entry.resource.get("basedOn")))
    return next(filter(None, named), None)


def _status(resource: Json) -> Status:
    """What is said outright, else what follows from FHIR's own status and Helsenorge's dates."""
    own = text(resource.get("status"))
    if own in ENDED and not (own == "revoked" and _said(resource) is Status.REJECTED):
        return ENDED[own]
    if own not in OPEN | ENDED.keys():
        raise Unsupported("status", "ServiceRequest.status")
    return _said(resource) or (Status.ASSESSED if _extension(resource, ASSESSED) else Status.RECEIVED)


def _said(resource: Json) -> Status | None:
    extension = _extension(resource, STATUS)
    if extension is None:
        return None
    try:
        return Status(text(extension.get("valueCode")))
    except ValueError:
        raise Unreadable("status", "ServiceRequest.extension") from None


def _deadline(resource: Json) -> date | None:
    """The last day on which it may begin, in Oslo: the Norwegian `frist for start helsehjelp`."""
    extension = _extension(resource, DEADLINE)
    if extension is None:
        return None
    found = fhir.required_moment({"resourceType": "ServiceRequest.extension", **extension}, *DATES)
    return found.astimezone(OSLO).date()


def _extension(resource: Json, url: str) -> Json | None:
    return next((one for one in objects(resource.get("extension")) if one.get("url") == url), None)
