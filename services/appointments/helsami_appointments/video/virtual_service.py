"""Reading the virtual service of an Appointment: Helsenorge's extension, and the national one that it stands on."""

from __future__ import annotations

import re
from typing import Final

from helsami_appointments.video.domain import VIRTUAL
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
CONTACTS: Final = frozenset(
    {
        "urn:oid:2.16.578.1.12.4.1.1.8432",
        "http://helsenorge.no/fhir/CodeSystem/no-kodeverk-8432.codesystem",
    }
)
BY_VIDEO_OR_PHONE: Final = {"6": "url", "7": "phone"}
"""The channel of contact types (Volven 8432): a consultation by video, and one by phone."""

PATH: Final = "Appointment.extension.virtualAddress"
BY_PHONE: Final = "phone"
VALUES: Final = ("valueUrl", "valueString")
LONGEST_LINK: Final = 1000
LINK: Final = re.compile(r"https://[a-zA-Z0-9.-]+(:\d{1,5})?([/?#][!-~]*)?")
"""An address over TLS that names its host and no user: whoever reads it clicks on it."""


def held_by_video(resource: Json, setting: str) -> tuple[str, str]:
    """
    In which setting an Appointment takes place, and by which link: empty where its record system names no address.

    It is by video where it has a virtual service, or is of that contact type; else in the `setting` that was read of
    all the rest. What is by phone is not by video, and is in no setting of ours. Raises Unreadable for an address that
    is no https address.
    """
    services = [_read(one) for one in fhir.objects(resource.get("extension")) if one.get("url") in EXTENSIONS]
    types = [one for one in fhir.codings(resource.get("appointmentType")) if one.system in CONTACTS]
    channels: list[str | None] = [channel for channel, _ in services]
    channels = channels or [BY_VIDEO_OR_PHONE.get(one.code) for one in types]
    by_video = any(channel not in {BY_PHONE, None} for channel in channels)
    if not by_video:
        return ("" if BY_PHONE in channels and setting == VIRTUAL else setting), ""
    link = next((address for channel, address in services if channel != BY_PHONE and address), "")
    if link and (len(link) > LONGEST_LINK or LINK.fullmatch(link) is None):
        raise Unreadable("not-a-link", PATH)
    return VIRTUAL, link


def _read(service: Json) -> tuple[str, str]:
    """Channel and address of a virtual service, either of which may be empty."""
    found = {fhir.text(part.get("url")): part for part in fhir.objects(service.get("extension"))}
    address = found.get("virtualAddress", {})
    channel = fhir.text(fhir.element(found.get("channelType", {}), "valueCoding.code"))
    point = address.get("valueContactPoint")
    if isinstance(point, dict):
        return channel or fhir.text(point.get("system")), fhir.text(point.get("value"))
    return channel, fhir.text(next((address[name] for name in VALUES if name in address), None))
