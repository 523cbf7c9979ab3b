"""What one service tells, another understands: each event is written by its producer and read by its consumers."""

import ast
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema

import helsami_appointments.calendar.domain
import helsami_appointments.calendar.schemas
import helsami_appointments.domain
import helsami_appointments.receiving.domain
import helsami_appointments.receiving.schemas
import helsami_appointments.referrals.domain
import helsami_appointments.referrals.schemas
import helsami_appointments.requests.domain
import helsami_appointments.requests.schemas
import helsami_appointments.schemas
import helsami_appointments.stays.domain
import helsami_appointments.stays.schemas
import helsami_appointments.visits.domain
import helsami_appointments.visits.schemas
import helsami_appointments.waitlist.domain
import helsami_appointments.waitlist.schemas
import helsami_consents.capacity.domain
import helsami_consents.capacity.schemas
import helsami_consents.children.domain
import helsami_consents.children.schemas
import helsami_consents.grants.domain
import helsami_consents.grants.schemas
import helsami_consents.shielding.domain
import helsami_consents.shielding.schemas
import helsami_directory.account.domain
import helsami_directory.account.schemas
import helsami_directory.register.birthdays
import helsami_directory.register.domain
import helsami_directory.register.schemas
import helsami_messages.threads.domain
import helsami_messages.threads.schemas
import helsami_notifications.domain
import helsami_notifications.schemas
import helsami_records.domain
import helsami_records.letters.domain
import helsami_records.letters.schemas
import helsami_records.schemas
import helsami_results.domain
import helsami_results.schemas
from helsami_kernel import Event, access_limits, describe, installed
from helsami_kernel.errors import Malformed, load
from helsami_kernel.events import Handles, event_message, read_event
from helsami_kernel.origins import FIELD

AN_ID = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
AN_ITEM = "c5f7a2de-3c1b-4c7e-8a52-5d1f0f0e9b11"
CITIZEN = "00000000000000000000000000000001"

TOLD: Mapping[tuple[str, str], tuple[Any, type[Schema]]] = {
    ("appointments", "slot_booked"): (
        helsami_appointments.domain.SlotBooked(appointment=AN_ID),
        helsami_appointments.schemas.SlotBooked,
    ),
    ("appointments", "appointment_scheduled"): (
        helsami_appointments.receiving.domain.AppointmentScheduled(appointment=AN_ID),
        helsami_appointments.receiving.schemas.AppointmentScheduled,
    ),
    ("appointments", "appointment_named"): (
        helsami_appointments.receiving.domain.AppointmentNamed(appointment=AN_ID, known_as=AN_ITEM),
        helsami_appointments.receiving.schemas.AppointmentNamed,
    ),
    ("appointments", "appointment_changed"): (
        helsami_appointments.domain.AppointmentChanged(appointment=AN_ID),
        helsami_appointments.schemas.AppointmentChanged,
    ),
    ("appointments", "appointment_cancelled"): (
        helsami_appointments.domain.AppointmentCancelled(appointment=AN_ID),
        helsami_appointments.schemas.AppointmentCancelled,
    ),
    ("appointments", "request_answered"): (
        helsami_appointments.requests.domain.RequestAnswered(request=AN_ID, appointment=AN_ID),
        helsami_appointments.requests.schemas.RequestAnswered,
    ),
    ("appointments", "request_expired"): (
        helsami_appointments.requests.domain.RequestExpired(request=AN_ID, appointment=AN_ID),
        helsami_appointments.requests.schemas.RequestExpired,
    ),
    ("appointments", "reminder_due"): (
        helsami_appointments.visits.domain.ReminderDue(appointment=AN_ID),
        helsami_appointments.visits.schemas.ReminderDue,
    ),
    ("appointments", "event_reminder_due"): (
        helsami_appointments.calendar.domain.EventReminderDue(event=AN_ID),
        helsami_appointments.calendar.schemas.EventReminderDue,
    ),
    ("appointments", "check_in_opened"): (
        helsami_appointments.visits.domain.CheckInOpened(appointment=AN_ID),
        helsami_appointments.visits.schemas.CheckInOpened,
    ),
    **{
        ("appointments", f"stay_{what}"): (
            helsami_appointments.stays.domain.StayTold(stay=AN_ID),
            helsami_appointments.stays.schemas.StayTold,
        )
        for what in ("planned", "ended", "cancelled")
    },
    ("appointments", "referral_status_changed"): (
        helsami_appointments.referrals.domain.ReferralStatusChanged(referral=AN_ID),
        helsami_appointments.referrals.schemas.ReferralStatusChanged,
    ),
    ("records", "letter_issued"): (
        helsami_records.letters.domain.LetterIssued(letter=AN_ID, appointment=AN_ITEM),
        helsami_records.letters.schemas.LetterIssued,
    ),
    ("messages", "message_answered"): (
        helsami_messages.threads.domain.MessageAnswered(thread=AN_ID),
        helsami_messages.threads.schemas.MessageAnswered,
    ),
    ("messages", "message_written"): (
        helsami_messages.threads.domain.MessageWritten(thread=AN_ID),
        helsami_messages.threads.schemas.MessageWritten,
    ),
    ("appointments", "offer_made"): (
        helsami_appointments.waitlist.domain.OfferMade(offer=AN_ID, appointment=AN_ITEM),
        helsami_appointments.waitlist.schemas.OfferMade,
    ),
    ("appointments", "offer_ended"): (
        helsami_appointments.waitlist.domain.OfferEnded(offer=AN_ID, state="too_late", appointment=AN_ITEM),
        helsami_appointments.waitlist.schemas.OfferEnded,
    ),
    **{
        ("consents", f"grant_{what}"): (
            told(grant=AN_ID, state=helsami_consents.grants.domain.State.ACTIVE),
            helsami_consents.grants.schemas.GrantTold,
        )
        for what, told in {
            "offered": helsami_consents.grants.domain.GrantOffered,
            "accepted": helsami_consents.grants.domain.GrantAccepted,
            "changed": helsami_consents.grants.domain.GrantChanged,
            "ended": helsami_consents.grants.domain.GrantEnded,
            "expiring": helsami_consents.grants.domain.GrantExpiring,
        }.items()
    },
    ("consents", "representation_ended"): (
        helsami_consents.children.domain.RepresentationEnded(representation=AN_ID),
        helsami_consents.children.schemas.RepresentationEnded,
    ),
    ("consents", "capacity_decided"): (
        helsami_consents.capacity.domain.CapacityDecided(
            application=AN_ID, state=helsami_consents.capacity.domain.State.GRANTED
        ),
        helsami_consents.capacity.schemas.CapacityDecided,
    ),
    ("consents", "capacity_review_due"): (
        helsami_consents.capacity.domain.CapacityReviewDue(application=AN_ID),
        helsami_consents.capacity.schemas.CapacityReviewDue,
    ),
    ("consents", "capacity_lapsed"): (
        helsami_consents.capacity.domain.CapacityLapsed(application=AN_ID),
        helsami_consents.capacity.schemas.CapacityLapsed,
    ),
    **{
        ("consents", f"representative_{what}"): (
            told(representation=AN_ID),
            helsami_consents.capacity.schemas.RepresentativeTold,
        )
        for what, told in {
            "approved": helsami_consents.capacity.domain.RepresentativeApproved,
            "removed": helsami_consents.capacity.domain.RepresentativeRemoved,
        }.items()
    },
    **{
        ("consents", f"shielding_{what}"): (
            told(shield=AN_ID, state=helsami_consents.shielding.domain.State.DECLINED),
            helsami_consents.shielding.schemas.ShieldingTold,
        )
        for what, told in {
            "requested": helsami_consents.shielding.domain.ShieldingRequested,
            "decided": helsami_consents.shielding.domain.ShieldingDecided,
            "lifted": helsami_consents.shielding.domain.ShieldingLifted,
        }.items()
    },
    ("directory", "account_deactivated"): (
        helsami_directory.account.domain.AccountDeactivated(),
        helsami_directory.account.schemas.AccountDeactivated,
    ),
    ("directory", "account_reactivated"): (
        helsami_directory.account.domain.AccountReactivated(),
        helsami_directory.account.schemas.AccountReactivated,
    ),
    ("directory", "address_changed"): (
        helsami_directory.register.domain.AddressChanged(citizen=AN_ID),
        helsami_directory.register.schemas.AddressChanged,
    ),
    ("directory", "birth_date_changed"): (
        helsami_directory.register.domain.BirthDateChanged(),
        helsami_directory.register.schemas.BirthDateChanged,
    ),
    ("directory", "guardianship_changed"): (
        helsami_directory.register.domain.GuardianshipChanged(ward=AN_ID),
        helsami_directory.register.schemas.GuardianshipChanged,
    ),
    ("directory", "citizen_died"): (
        helsami_directory.register.domain.CitizenDied(),
        helsami_directory.register.schemas.CitizenDied,
    ),
    ("directory", "parental_responsibility_changed"): (
        helsami_directory.register.domain.ParentalResponsibilityChanged(child=AN_ID),
        helsami_directory.register.schemas.ParentalResponsibilityChanged,
    ),
    ("directory", "protection_changed"): (
        helsami_directory.register.domain.ProtectionChanged(citizen=AN_ID),
        helsami_directory.register.schemas.ProtectionChanged,
    ),
    ("directory", "turned_16"): (
        helsami_directory.register.birthdays.Turned16(child=AN_ID),
        helsami_directory.register.schemas.Turned16,
    ),
    ("directory", "turning_16_soon"): (
        helsami_directory.register.birthdays.Turning16Soon(child=AN_ID),
        helsami_directory.register.schemas.Turning16Soon,
    ),
    ("results", "result_released"): (
        helsami_results.domain.ResultReleased(result=AN_ID, linked=[AN_ITEM]),
        helsami_results.schemas.ResultReleased,
    ),
    ("results", "result_linked"): (
        helsami_results.domain.ResultLinked(result=AN_ID, linked=[AN_ITEM]),
        helsami_results.schemas.ResultLinked,
    ),
    ("records", "summary_published"): (
        helsami_records.domain.SummaryPublished(visit=AN_ID),
        helsami_records.schemas.SummaryPublished,
    ),
    **{
        (service, "access_limit_changed"): (
            access_limits.AccessLimitChanged(item=AN_ITEM, access_limit=access_limits.AccessLimit.PARENTS),
            access_limits.AccessLimitTold,
        )
        for service in ("appointments", "messages", "records", "results")
    },
}
"""By source and type: what its producer tells, and in which form."""

HEARD = {
    ("notifications", "appointments", "slot_booked"): helsami_notifications.domain.SLOT_BOOKED,
    ("notifications", "appointments", "appointment_scheduled"): helsami_notifications.domain.APPOINTMENT_SCHEDULED,
    ("notifications", "appointments", "appointment_changed"): helsami_notifications.domain.APPOINTMENT_CHANGED,
    ("notifications", "appointments", "appointment_cancelled"): helsami_notifications.domain.APPOINTMENT_CANCELLED,
    ("notifications", "appointments", "request_answered"): helsami_notifications.domain.REQUEST_ANSWERED,
    ("notifications", "appointments", "request_expired"): helsami_notifications.domain.REQUEST_EXPIRED,
    ("notifications", "appointments", "reminder_due"): helsami_notifications.domain.REMINDER_DUE,
    ("notifications", "appointments", "event_reminder_due"): helsami_notifications.domain.EVENT_REMINDER_DUE,
    ("notifications", "appointments", "check_in_opened"): helsami_notifications.domain.CHECK_IN_OPENED,
    ("notifications", "appointments", "offer_made"): helsami_notifications.domain.OFFER_MADE,
    ("notifications", "appointments", "offer_ended"): helsami_notifications.domain.OFFER_TOO_LATE,
    ("notifications", "consents", "grant_offered"): helsami_notifications.domain.GRANT_OFFERED,
    ("notifications", "consents", "grant_accepted"): helsami_notifications.domain.GRANT_ACCEPTED,
    ("notifications", "consents", "grant_changed"): helsami_notifications.domain.GRANT_CHANGED,
    ("notifications", "consents", "grant_ended"): helsami_notifications.domain.GRANT_ENDED,
    ("notifications", "consents", "grant_expiring"): helsami_notifications.domain.GRANT_EXPIRING,
    ("notifications", "consents", "representation_ended"): helsami_notifications.domain.REPRESENTATION_ENDED,
    ("notifications", "consents", "capacity_decided"): helsami_notifications.domain.CAPACITY_DECIDED,
    ("notifications", "consents", "capacity_review_due"): helsami_notifications.domain.CAPACITY_REVIEW_DUE,
    ("notifications", "consents", "capacity_lapsed"): helsami_notifications.domain.CAPACITY_LAPSED,
    ("notifications", "consents", "representative_approved"): helsami_notifications.domain.REPRESENTATIVE_APPROVED,
    ("notifications", "consents", "representative_removed"): helsami_notifications.domain.REPRESENTATIVE_REMOVED,
    ("notifications", "consents", "shielding_requested"): helsami_notifications.domain.SHIELDING_REQUESTED,
    ("notifications", "consents", "shielding_decided"): helsami_notifications.domain.SHIELDING_DECIDED,
    ("notifications", "consents", "shielding_lifted"): helsami_notifications.domain.SHIELDING_ENDED,
    ("notifications", "directory", "address_changed"): helsami_notifications.domain.ADDRESS_CHANGED,
    ("notifications", "directory", "guardianship_changed"): helsami_notifications.domain.GUARDIANSHIP_CHANGED,
    ("notifications", "directory", "parental_responsibility_changed"): (
        helsami_notifications.domain.RESPONSIBILITY_CHANGED
    ),
    ("notifications", "directory", "protection_changed"): helsami_notifications.domain.PROTECTION_CHANGED,
    ("notifications", "directory", "turned_16"): helsami_notifications.domain.TURNED_16,
    ("notifications", "directory", "turning_16_soon"): helsami_notifications.domain.TURNING_16_SOON,
    ("notifications", "appointments", "stay_planned"): helsami_notifications.domain.STAY_PLANNED,
    ("notifications", "appointments", "stay_ended"): helsami_notifications.domain.STAY_ENDED,
    ("notifications", "appointments", "stay_cancelled"): helsami_notifications.domain.STAY_CANCELLED,
    ("notifications", "appointments", "referral_status_changed"): helsami_notifications.domain.REFERRAL_STATUS_CHANGED,
    ("notifications", "records", "letter_issued"): helsami_notifications.domain.LETTER_ISSUED,
    ("notifications", "messages", "message_answered"): helsami_notifications.domain.MESSAGE_ANSWERED,
    ("notifications", "messages", "message_written"): helsami_notifications.domain.MESSAGE_WRITTEN,
    ("notifications", "results", "result_released"): helsami_notifications.domain.RESULT_RELEASED,
    ("notifications", "records", "summary_published"): helsami_notifications.domain.SUMMARY_PUBLISHED,
}
"""By consumer, source and type: the news that the consumer makes of it."""

LINKED = ("notifications", "results", "result_linked")
"""By consumer, source and type: heard for what else a result is hidden with."""

LIMITED = {
    ("notifications", service, "access_limit_changed") for service in ("appointments", "messages", "records", "results")
}
"""By consumer, source and type: heard for from whom an item is hidden."""

NAMED = ("consents", "appointments", "appointment_named")
"""By consumer, source and type: heard for the other id of something that is hidden."""

BY_SUBJECT = {
    ("appointments", "directory", "account_deactivated"),
    ("consents", "directory", "address_changed"),
    ("consents", "directory", "citizen_died"),
    ("consents", "directory", "parental_responsibility_changed"),
    ("consents", "directory", "protection_changed"),
    ("gateway", "directory", "account_deactivated"),
    ("gateway", "directory", "birth_date_changed"),
    ("gateway", "directory", "citizen_died"),
    ("gateway", "directory", "protection_changed"),
    ("notifications", "directory", "account_deactivated"),
    ("notifications", "directory", "account_reactivated"),
}
"""By consumer, source and type: heard for whom it is about, and nothing else."""


OF_OTHERS = {"offer_made", "offer_ended"}
"""What is told in transactions of other citizens, who see nothing of the appointment: that is told when one joins."""

SERVICES = Path(helsami_notifications.__file__).parents[2]


def on_the_wire(source: str, kind: str, data: Mapping[str, Any]) -> Event:
    """An event as its consumer gets it: written to a message and read again."""
    told = Event(kind, CITIZEN, data, 1, "e1", source, datetime(2026, 3, 1, 12, tzinfo=UTC))
    return read_event(event_message(told, None))


def test_every_handler_and_every_announcement_has_its_contract_here():
    services = installed.services(installed.service_names())
    handled = {(s.name, each.source, each.event) for s in services for each in describe.entrypoints(s, Handles)}

    assert handled == set(HEARD) | LIMITED | BY_SUBJECT | {NAMED, LINKED}
    assert {(s.name, event) for s in services for event in describe.announced(s)} == set(TOLD)


@pytest.mark.parametrize("told", TOLD, ids=" ".join)
def test_a_producer_tells_the_whole_of_its_event(told):
    event, schema = TOLD[told]

    assert schema().dump(event) == asdict(event)


@pytest.mark.parametrize("heard", HEARD, ids=" ".join)
def test_what_a_producer_tells_its_consumer_can_read(heard):
    _, source, kind = heard
    event, producers = TOLD[source, kind]
    consumers = helsami_notifications.schemas.HEARD[HEARD[heard]]

    told = on_the_wire(source, kind, producers().dump(event))

    used = {name: told.data[name] for name in consumers().fields.keys() - {FIELD}}
    assert load(consumers(), used).items() <= {**asdict(event), FIELD: None}.items()  # which the kernel adds
    citizen, notice = helsami_notifications.schemas.notice(HEARD[heard], told)
    assert (citizen, notice.id) == (CITIZEN, AN_ID)


@pytest.mark.parametrize("heard", HEARD, ids=" ".join)
def test_a_consumer_ignores_what_a_later_producer_adds_and_misses_what_it_leaves_out(heard):
    _, source, kind = heard
    event, producers = TOLD[source, kind]
    written = producers().dump(event)

    more = on_the_wire(source, kind, {**written, "added": "later"})
    assert helsami_notifications.schemas.notice(HEARD[heard], more)[1].id == AN_ID
    with pytest.raises(Malformed):
        helsami_notifications.schemas.notice(HEARD[heard], on_the_wire(source, kind, {"renamed": AN_ID}))


def test_by_what_other_id_an_appointment_is_known_is_heard_as_it_was_told():
    _, source, kind = NAMED
    event, producers = TOLD[source, kind]

    told = on_the_wire(source, kind, {**producers().dump(event), "added": "later"})

    assert helsami_consents.shielding.schemas.named(told) == (CITIZEN, AN_ID, AN_ITEM)
    with pytest.raises(Malformed):
        helsami_consents.shielding.schemas.named(on_the_wire(source, kind, {"renamed": AN_ID}))


def test_what_a_result_is_hidden_with_is_heard_as_it_was_told():
    _, source, kind = LINKED
    event, producers = TOLD[source, kind]

    told = on_the_wire(source, kind, producers().dump(event))

    assert helsami_notifications.schemas.linked(told) == (CITIZEN, AN_ID, [AN_ITEM])


@pytest.mark.parametrize("heard", sorted(LIMITED))
def test_from_whom_an_item_is_hidden_is_heard_as_it_was_told(heard):
    _, source, kind = heard
    event, producers = TOLD[source, kind]

    told = on_the_wire(source, kind, producers().dump(event))

    assert helsami_notifications.schemas.limited(told) == (CITIZEN, AN_ITEM, access_limits.AccessLimit.PARENTS, None)


@pytest.mark.parametrize("news", helsami_notifications.domain.ALL, ids=lambda news: news.message)
def test_of_what_is_an_organisations_it_is_heard_whose_it_is(news):
    is_of_item = issubclass(helsami_notifications.schemas.HEARD[news], helsami_notifications.schemas.OfItem)

    assert is_of_item == (news.about not in helsami_notifications.domain.PORTALS_OWN)


def announcements():
    """Every call by which a service announces something: where, which event if it says so there, and whose item."""
    for path in sorted(SERVICES.glob("*/helsami_*/**/*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "announce":
                event = {node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)}
                where, said = path.relative_to(SERVICES).as_posix(), {keyword.arg for keyword in call.keywords}
                yield where, event, "of" in said


def test_whoever_tells_of_an_item_of_an_organisation_says_whose_it_is():
    of_items = {
        kind for (_, _, kind), news in HEARD.items() if news.about not in helsami_notifications.domain.PORTALS_OWN
    }
    owners = tuple(source for _, source, kind in HEARD if kind in of_items)
    unsaid = [
        where
        for where, event, said in announcements()
        if not said and where.startswith(owners) and (not event or event & (of_items - OF_OTHERS))
    ]
    said = {kind for _, event, is_said in announcements() if is_said for kind in event}

    assert unsaid == []
    assert said <= of_items | {"access_limit_changed"}
    assert sum(is_said for _, _, is_said in announcements()) >= 12


@pytest.mark.parametrize("kind", ["offer_made", "offer_ended"])
def test_what_is_told_of_an_offer_belongs_to_its_appointment(kind):
    event, producers = TOLD["appointments", kind]
    told = on_the_wire("appointments", kind, producers().dump(event))

    assert helsami_notifications.schemas.notice(HEARD["notifications", "appointments", kind], told)[1].of == AN_ITEM
