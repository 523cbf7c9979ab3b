"""What a citizen is told: that something has happened, and where to read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What a notice may be about."""

    APPLICATION = "application"
    APPOINTMENT = "appointment"
    CHILD = "child"
    CITIZEN = "citizen"
    EVENT = "event"
    LETTER = "letter"
    GRANT = "grant"
    OFFER = "offer"
    REFERRAL = "referral"
    REPRESENTATION = "representation"
    RESULT = "result"
    SHIELD = "shield"
    STAY = "stay"
    THREAD = "thread"
    VISIT = "visit"
    WARD = "ward"


@dataclass(frozen=True, slots=True)
class News:
    """A kind of news: the key of its text, what it is about, and the scope that reading that takes."""

    message: str
    about: Subject
    scope: str


SLOT_BOOKED = News("notice.slot-booked", Subject.APPOINTMENT, "appointments:read")
APPOINTMENT_SCHEDULED = News("notice.appointment-scheduled", Subject.APPOINTMENT, "appointments:read")
APPOINTMENT_CHANGED = News("notice.appointment-changed", Subject.APPOINTMENT, "appointments:read")
APPOINTMENT_CANCELLED = News("notice.appointment-cancelled", Subject.APPOINTMENT, "appointments:read")
REQUEST_ANSWERED = News("notice.request-answered", Subject.APPOINTMENT, "appointments:read")
REQUEST_EXPIRED = News("notice.request-expired", Subject.APPOINTMENT, "appointments:read")
REMINDER_DUE = News("notice.reminder-due", Subject.APPOINTMENT, "appointments:read")
CHECK_IN_OPENED = News("notice.check-in-opened", Subject.APPOINTMENT, "appointments:read")
OFFER_MADE = News("notice.offer-made", Subject.OFFER, "appointments:read")
OFFER_TOO_LATE = News("notice.offer-too-late", Subject.OFFER, "appointments:read")
OFFER_EXPIRED = News("notice.offer-expired", Subject.OFFER, "appointments:read")
OFFER_WITHDRAWN = News("notice.offer-withdrawn", Subject.OFFER, "appointments:read")
GRANT_OFFERED = News("notice.grant-offered", Subject.GRANT, "consents:read")
GRANT_ACCEPTED = News("notice.grant-accepted", Subject.GRANT, "consents:read")
GRANT_CHANGED = News("notice.grant-changed", Subject.GRANT, "consents:read")
GRANT_ENDED = News("notice.grant-ended", Subject.GRANT, "consents:read")
GRANT_EXPIRING = News("notice.grant-expiring", Subject.GRANT, "consents:read")
CAPACITY_DECIDED = News("notice.capacity-decided", Subject.APPLICATION, "consents:read")
CAPACITY_REVIEW_DUE = News("notice.capacity-review-due", Subject.APPLICATION, "consents:read")
CAPACITY_LAPSED = News("notice.capacity-lapsed", Subject.APPLICATION, "consents:read")
REPRESENTATIVE_APPROVED = News("notice.representative-approved", Subject.REPRESENTATION, "consents:read")
REPRESENTATIVE_REMOVED = News("notice.representative-removed", Subject.REPRESENTATION, "consents:read")
REPRESENTATION_ENDED = News("notice.representation-ended", Subject.REPRESENTATION, "consents:read")
SHIELDING_REQUESTED = News("notice.shielding-requested", Subject.SHIELD, "consents:read")
SHIELDING_DECIDED = News("notice.shielding-decided", Subject.SHIELD, "consents:read")
SHIELDING_ENDED = News("notice.shielding-ended", Subject.SHIELD, "consents:read")
RESULT_RELEASED = News("notice.result-released", Subject.RESULT, "results:read")
SUMMARY_PUBLISHED = News("notice.summary-published", Subject.VISIT, "records:read")
STAY_PLANNED = News("notice.stay-planned", Subject.STAY, "records:read")
STAY_ENDED = News("notice.stay-ended", Subject.STAY, "records:read")
STAY_CANCELLED = News("notice.stay-cancelled", Subject.STAY, "records:read")
REFERRAL_STATUS_CHANGED = News("notice.referral-status-changed", Subject.REFERRAL, "records:read")
LETTER_ISSUED = News("notice.letter-issued", Subject.LETTER, "records:read")
MESSAGE_ANSWERED = News("notice.message-answered", Subject.THREAD, "messages:read")
MESSAGE_WRITTEN = News("notice.message-written", Subject.THREAD, "messages:read")
# Of these nobody hears on anybody's behalf: no grant holds the scope.
EVENT_REMINDER_DUE = News("notice.event-reminder-due", Subject.EVENT, "profile:read")
RESPONSIBILITY_CHANGED = News("notice.parental-responsibility-changed", Subject.CHILD, "profile:read")
TURNING_16_SOON = News("notice.turning-16-soon", Subject.CHILD, "profile:read")
CHILD_TURNING_16_SOON = News("notice.child-turning-16-soon", Subject.CHILD, "profile:read")
TURNED_16 = News("notice.turned-16", Subject.CHILD, "profile:read")
CHILD_TURNED_16 = News("notice.child-turned-16", Subject.CHILD, "profile:read")
GUARDIANSHIP_CHANGED = News("notice.guardianship-changed", Subject.WARD, "profile:read")
ADDRESS_CHANGED = News("notice.address-changed", Subject.CITIZEN, "profile:read")
PROTECTION_CHANGED = News("notice.protection-changed", Subject.CITIZEN, "profile:read")
PORTALS_OWN = frozenset(
    {
        Subject.APPLICATION,
        Subject.CHILD,
        Subject.CITIZEN,
        Subject.EVENT,
        Subject.GRANT,
        Subject.REPRESENTATION,
        Subject.SHIELD,
        Subject.WARD,
    }
)
"""What is no organisation's: of all else, who acts for somebody hears where they are shown the item itself."""

READ_WITH = {Subject.REFERRAL: "appointments:read", Subject.STAY: "appointments:read"}
"""What it takes as well to read some of these: they are among the appointments, and part of the record."""

OFFER_ENDS = {"too_late": OFFER_TOO_LATE, "expired": OFFER_EXPIRED, "withdrawn": OFFER_WITHDRAWN}
"""What is told of an offer that ends in one of these states; who accepts or declines knows it."""

ALL = (
    SLOT_BOOKED,
    APPOINTMENT_SCHEDULED,
    APPOINTMENT_CHANGED,
    APPOINTMENT_CANCELLED,
    REQUEST_ANSWERED,
    REQUEST_EXPIRED,
    REMINDER_DUE,
    CHECK_IN_OPENED,
    OFFER_MADE,
    *OFFER_ENDS.values(),
    GRANT_OFFERED,
    GRANT_ACCEPTED,
    GRANT_CHANGED,
    GRANT_ENDED,
    GRANT_EXPIRING,
    CAPACITY_DECIDED,
    CAPACITY_REVIEW_DUE,
    CAPACITY_LAPSED,
    REPRESENTATIVE_APPROVED,
    REPRESENTATIVE_REMOVED,
    REPRESENTATION_ENDED,
    SHIELDING_REQUESTED,
    SHIELDING_DECIDED,
    SHIELDING_ENDED,
    RESULT_RELEASED,
    SUMMARY_PUBLISHED,
    STAY_PLANNED,
    STAY_ENDED,
    STAY_CANCELLED,
    REFERRAL_STATUS_CHANGED,
    LETTER_ISSUED,
    MESSAGE_ANSWERED,
    MESSAGE_WRITTEN,
    EVENT_REMINDER_DUE,
    RESPONSIBILITY_CHANGED,
    TURNING_16_SOON,
    CHILD_TURNING_16_SOON,
    TURNED_16,
    CHILD_TURNED_16,
    GUARDIANSHIP_CHANGED,
    ADDRESS_CHANGED,
    PROTECTION_CHANGED,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """
    News of one thing, by its opaque id.

    `of` is the id of the item that it belongs to, such as the appointment of an offer; empty where that is the thing
    itself. `within` is that of something else with which it is hidden, such as the appointment that a letter is about;
    empty for nothing. `linked` are the ids of more of these, such as what a report consists of. `access_limit` is from
    whom that item is hidden, and `origin` whose it is (sealed), as its owner has said with the news; None where it has
    not.
    """

    news: News
    id: str
    of: str = ""
    access_limit: str | None = None
    within: str = ""
    linked: tuple[str, ...] = ()
    origin: str | None = None

    @property
    def item(self) -> str:
        """The id of the item that it belongs to."""
        return self.of or self.id

    def shown(self) -> dict[str, object]:
        """What a citizen reads of it."""
        return {"message": self.news.message, "about": {"type": str(self.news.about), "id": self.id}}


def readable(scopes: frozenset[str]) -> frozenset[Subject]:
    """What somebody with these scopes may hear news of on another's behalf: what they may read."""
    needed = ((news.about, {news.scope, READ_WITH.get(news.about, news.scope)}) for news in ALL)
    return frozenset(about for about, these in needed if these <= scopes)
