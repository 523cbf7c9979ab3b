"""Reading the virtual service of an Appointment: Helsenorge's extension, and the national one that it stands on."""

from __future__ import annotations

import re
from typing import Final

from helsami_kernel import fhir
from helsami_kernel.fhir import Json
from helsami_kernel.journal import Unreadable

EXTENSIONS: Final = frozenset(
    {
        "http://helsenorge.no/fhir/StructureDefinition/hn-basis-virtual-service",
        "http://hl7.no/fhir/StructureDefinition/no-basis-virtual-service",
        "http://hl7.no/fhir/ig/StructureDefinition/no-basis-virtual-service",
    }
)
CONTACT: Final = "urn:oid:2.16.578.1.12.4.1.1.8432"
VIDEO_CONSULTATION: Final = "6"
PATH: Final = "Appointment.extension.virtualAddress"
BY_PHONE: Final = "phone"
VALUES: Final = ("valueUrl", "valueString")
LONGEST_LINK: Final = 1000
LINK: Final = re.compile(r"https://[a-zA-Z0-9.-]+(:\d{1,5})?([/?#][!-~]*)?")
"""An address over TLS that names its host and no user: whoever reads it clicks on it."""


def video_link(resource: Json) -> str | None:
    """
    Where an Appointment is held by video: empty where its record system names no address, None where it is not.

    It is where it has a virtual service, or is of the contact type of a consultation by video (Volven 8432). A virtual
    service by phone is a phone call, and none by video. Raises Unreadable for an address that is no https address.
    """
    services = [one for one in fhir.objects(resource.get("extension")) if one.get("url") in EXTENSIONS]
    by_video = [address for channel, address in map(_read, services) if channel != BY_PHONE]
    if not by_video:
        types = fhir.codings(resource.get("appointmentType"))
        return "" if any((one.system, one.code) == (CONTACT, VIDEO_CONSULTATION) for one in types) else None
    link = next(filter(None, by_video), "")
    if link and (len(link) > LONGEST_LINK or LINK.fullmatch(link) is None):
        raise Unreadable("not-a-link", PATH)
    return link


def _read(service: Json) -> tuple[str, str]:
    """Channel and address of a virtual service, either of which may be empty."""
    found = {fhir.text(part.get("url")): part for part in fhir.objects(service.get("extension"))}
    address = found.get("virtualAddress", {})
    channel = fhir.text(fhir.element(found.get("channelType", {}), "valueCoding.code"))
    point = address.get("valueContactPoint")
    if isinstance(point, dict):
        return channel or fhir.text(point.get("system")), fhir.text(point.get("value"))
    return channel, fhir.text(next((address[name] for name in VALUES if name in address), None))
