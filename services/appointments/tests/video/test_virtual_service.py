"""Reading where an Appointment is held by video."""

import pytest

from helsami_appointments.video.virtual_service import EXTENSIONS, held_by_video
from helsami_kernel.journal import Unreadable

HELSENORGE = "http://helsenorge.no/fhir/StructureDefinition/hn-basis-virtual-service"
LINK = "https://video.example.org/rom/4711?pin=1234#a"
BY_URL = {"system": "http://hl7.org/fhir/contact-point-system", "code": "url"}
BY_PHONE = {**BY_URL, "code": "phone"}
VIDEO = {"system": "urn:oid:2.16.578.1.12.4.1.1.8432", "code": "6"}


def virtual(channel=BY_URL, url=HELSENORGE, **address):
    parts = [{"url": "channelType", "valueCoding": channel}] if channel else []
    parts += [{"url": "virtualAddress", **address}] if address else []
    return {"extension": [{"url": "http://other"}, {"url": url, "extension": parts}]}


@pytest.mark.parametrize("url", sorted(EXTENSIONS))
@pytest.mark.parametrize(
    "address",
    [
        {"valueUrl": LINK},
        {"valueString": LINK},
        {"valueContactPoint": {"system": "url", "value": LINK}},
    ],
)
def test_a_virtual_service_is_by_video_and_may_have_an_address(url, address):
    assert held_by_video(virtual(url=url, **address), "") == ("virtual", LINK)
    assert held_by_video(virtual(url=url, channel=None, **address), "outpatient") == ("virtual", LINK)
    assert held_by_video(virtual(url=url), "") == ("virtual", "")


def test_a_phone_call_is_none_by_video():
    number = {"valueContactPoint": {"system": "phone", "value": "+47 00 00 00 01"}}

    for setting, said in (("virtual", ""), ("outpatient", "outpatient"), ("", "")):
        assert held_by_video(virtual(BY_PHONE, valueString="+47 00 00 00 01"), setting) == (said, "")
        assert held_by_video(virtual(None, **number), setting) == (said, "")
        assert held_by_video({"appointmentType": {"coding": [{**VIDEO, "code": "7"}]}}, setting) == (said, "")


@pytest.mark.parametrize("setting", ["", "outpatient", "virtual"])
def test_what_has_no_virtual_service_is_by_video_if_its_contact_type_or_its_setting_says_so(setting):
    assert held_by_video({}, setting) == (setting, "")
    nonsense = {"extension": "nonsense", "appointmentType": {"coding": [{"code": "6"}]}}
    assert held_by_video(nonsense, setting) == (setting, "")
    assert held_by_video({"appointmentType": {"coding": [{"code": "x"}, VIDEO]}}, setting) == ("virtual", "")


@pytest.mark.parametrize(
    "link",
    [
        "http://video.example.org/4711",
        "javascript:alert(1)",
        "https://user:secret@video.example.org/4711",
        "https://video.example.org/to rom",
        "https://video.example.org/\n4711",
        "https://" + "a" * 1000,
        "https:///4711",
        "4711",
    ],
)
def test_what_nobody_should_click_on_is_refused(link):
    with pytest.raises(Unreadable, match="not-a-link"):
        held_by_video(virtual(valueUrl=link), "")
