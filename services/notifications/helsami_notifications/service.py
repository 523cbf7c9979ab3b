"""Notifications on the bus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from helsami_kernel import Clock, Event, FromKeys, OrganisationRules, Store, contributes, handles, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.database import Reads
from helsami_kernel.decisions import explained
from helsami_kernel.errors import load
from helsami_kernel.origins import SECRET, Origins
from helsami_kernel.pages import NEWEST, Cursor, Page, PageQuery
from helsami_kernel.store import OpenStore
from helsami_notifications import domain, schemas, storage
from helsami_notifications.limits import OfLimits
from helsami_notifications.people import OfPeople
from helsami_notifications.showing import ShowingNews
from helsami_sdk.organisations import Organisations

AT_HOME: Final = 5


class NotificationsService(OfPeople, OfLimits):
    """Owns notices."""

    name = "notifications"

    store: OpenStore[Reads, storage.Writes] = Store(Reads, storage.Writes)
    rules: Organisations = OrganisationRules()
    clock: Callable[[], datetime] = Clock()
    origins: Origins = FromKeys(lambda keys: Origins(keys.secret(SECRET)))

    @handles("slot_booked", source="appointments")
    def tell_of_booking(self, event: Event) -> None:
        """Confirm a booking (R22)."""
        self._tell(domain.SLOT_BOOKED, event)

    @handles("appointment_scheduled", source="appointments")
    def tell_of_appointment(self, event: Event) -> None:
        """Tell of an appointment that a record system has given (R18)."""
        self._tell(domain.APPOINTMENT_SCHEDULED, event)

    @handles("appointment_changed", source="appointments")
    def tell_of_change(self, event: Event) -> None:
        """Confirm that an appointment has changed (R22)."""
        self._tell(domain.APPOINTMENT_CHANGED, event)

    @handles("appointment_cancelled", source="appointments")
    def tell_of_cancellation(self, event: Event) -> None:
        """Confirm that an appointment will not take place (R22)."""
        self._tell(domain.APPOINTMENT_CANCELLED, event)

    @handles("request_answered", source="appointments")
    def tell_of_answer(self, event: Event) -> None:
        """Tell that staff have answered what was asked about an appointment (R21)."""
        self._tell(domain.REQUEST_ANSWERED, event)

    @handles("request_expired", source="appointments")
    def tell_of_silence(self, event: Event) -> None:
        """Tell that nobody has answered what was asked about an appointment (R21)."""
        self._tell(domain.REQUEST_EXPIRED, event)

    @handles("reminder_due", source="appointments")
    def tell_of_reminder(self, event: Event) -> None:
        """Remind of an appointment (R39)."""
        self._tell(domain.REMINDER_DUE, event)

    @handles("event_reminder_due", source="appointments")
    def tell_of_own_event(self, event: Event) -> None:
        """Remind of what a citizen wrote into their calendar (R39)."""
        self._tell(domain.EVENT_REMINDER_DUE, event)

    @handles("check_in_opened", source="appointments")
    def tell_of_check_in(self, event: Event) -> None:
        """Tell that one can check in for an appointment (R36)."""
        self._tell(domain.CHECK_IN_OPENED, event)

    @handles("offer_made", source="appointments")
    def tell_of_offer(self, event: Event) -> None:
        """Tell of an earlier time that can be had (R24)."""
        self._tell(domain.OFFER_MADE, event)

    @handles("offer_ended", source="appointments")
    def tell_of_end_of_offer(self, event: Event) -> None:
        """Tell of an offer that can no longer be accepted, unless it was answered (R27, K15, K17)."""
        if (news := schemas.end_of_offer(event)) is not None:
            self._tell(news, event)

    @handles("grant_offered", source="consents")
    def tell_of_offered_grant(self, event: Event) -> None:
        """Tell that somebody wants to be represented by one (R91)."""
        self._tell(domain.GRANT_OFFERED, event)

    @handles("grant_accepted", source="consents")
    def tell_of_accepted_grant(self, event: Event) -> None:
        """Tell that somebody has said yes to representing one (R92)."""
        self._tell(domain.GRANT_ACCEPTED, event)

    @handles("grant_changed", source="consents")
    def tell_of_changed_grant(self, event: Event) -> None:
        """Tell that one may do other things for somebody (R93)."""
        self._tell(domain.GRANT_CHANGED, event)

    @handles("grant_ended", source="consents")
    def tell_of_ended_grant(self, event: Event) -> None:
        """Tell that a grant is over, whoever ended it (R94)."""
        self._tell(domain.GRANT_ENDED, event)

    @handles("grant_expiring", source="consents")
    def tell_of_expiring_grant(self, event: Event) -> None:
        """Tell in time that a grant ends."""
        self._tell(domain.GRANT_EXPIRING, event)

    @handles("capacity_decided", source="consents")
    def tell_of_decided_capacity(self, event: Event) -> None:
        """Tell how an application to act for an adult stands now (R101, R102)."""
        self._tell(domain.CAPACITY_DECIDED, event)

    @handles("capacity_review_due", source="consents")
    def tell_of_capacity_review(self, event: Event) -> None:
        """Tell in time that acting for an adult is to be looked at anew (R101)."""
        self._tell(domain.CAPACITY_REVIEW_DUE, event)

    @handles("capacity_lapsed", source="consents")
    def tell_of_lapsed_capacity(self, event: Event) -> None:
        """Tell that nobody has decided whether one may act for an adult (R101)."""
        self._tell(domain.CAPACITY_LAPSED, event)

    @handles("representative_approved", source="consents")
    def tell_of_representative(self, event: Event) -> None:
        """Tell that somebody may act for one, since staff have decided so (R95, R101)."""
        self._tell(domain.REPRESENTATIVE_APPROVED, event)

    @handles("representative_removed", source="consents")
    def tell_of_former_representative(self, event: Event) -> None:
        """Tell that somebody acts for one no longer (R95, R101)."""
        self._tell(domain.REPRESENTATIVE_REMOVED, event)

    @handles("representation_ended", source="consents")
    def tell_of_ended_representation(self, event: Event) -> None:
        """Tell that one may act for somebody no longer (R97, R98, R101)."""
        self._tell(domain.REPRESENTATION_ENDED, event)

    @handles("shielding_requested", source="consents")
    def tell_of_requested_shielding(self, event: Event) -> None:
        """Confirm that an organisation was asked about what one hides, if it was (R68, R69)."""
        if (news := schemas.answer_awaited(event)) is not None:
            self._tell(news, event)

    @handles("shielding_decided", source="consents")
    def tell_of_decided_shielding(self, event: Event) -> None:
        """Tell what an organisation says to what one hides (R68, R69)."""
        self._tell(domain.SHIELDING_DECIDED, event)

    @handles("shielding_lifted", source="consents")
    def tell_of_end_of_shielding(self, event: Event) -> None:
        """Tell that something is hidden no longer, unless one has shown it again oneself (R69)."""
        if (news := schemas.end_of_shield(event)) is not None:
            self._tell(news, event)

    @handles("result_released", source="results")
    def tell_of_result(self, event: Event) -> None:
        """Tell of a result that can be seen (R48)."""
        self._tell(domain.RESULT_RELEASED, event)

    @handles("summary_published", source="records")
    def tell_of_summary(self, event: Event) -> None:
        """Tell of what can be read about a visit."""
        self._tell(domain.SUMMARY_PUBLISHED, event)

    @handles("stay_planned", source="appointments")
    def tell_of_planned_stay(self, event: Event) -> None:
        """Tell of a stay in an institution that is to come (R31)."""
        self._tell(domain.STAY_PLANNED, event)

    @handles("stay_ended", source="appointments")
    def tell_of_end_of_stay(self, event: Event) -> None:
        """Tell that a stay is over, and can be read of (R31)."""
        self._tell(domain.STAY_ENDED, event)

    @handles("stay_cancelled", source="appointments")
    def tell_of_cancelled_stay(self, event: Event) -> None:
        """Tell that a stay that was planned will not be (R31)."""
        self._tell(domain.STAY_CANCELLED, event)

    @handles("referral_status_changed", source="appointments")
    def tell_of_referral(self, event: Event) -> None:
        """Tell that a referral has come further (R32)."""
        self._tell(domain.REFERRAL_STATUS_CHANGED, event)

    @handles("letter_issued", source="records")
    def tell_of_letter(self, event: Event) -> None:
        """Tell of a letter that can be read (R40)."""
        self._tell(domain.LETTER_ISSUED, event)

    @handles("message_answered", source="messages")
    def tell_of_answered_message(self, event: Event) -> None:
        """Tell that staff have answered what one has written to them (R75)."""
        self._tell(domain.MESSAGE_ANSWERED, event)

    @handles("message_written", source="messages")
    def tell_of_message(self, event: Event) -> None:
        """Tell that staff have written to one (R76)."""
        self._tell(domain.MESSAGE_WRITTEN, event)

    @contributes("home", "notices", scope="notices:read")
    def for_home(self, question: object, access: AccessToken) -> bytes:  # noqa: ARG002  the view asks everybody the same
        """The newest notices."""
        return self._section(access, AT_HOME, None)

    @rpc(scope="notices:read")
    def page(self, query: Any, access: AccessToken) -> bytes:
        """A page of notices, newest first."""
        return self._section(access, **load(PageQuery, query))

    @contributes("decisions", "notifications", scope="organisations:manage")
    def explain(self, question: object, access: AccessToken) -> bytes:
        """Why somebody who acts for another did not hear of an item."""
        return explained(self.store.decisions, question, access)

    def _section(self, access: AccessToken, limit: int, cursor: str | None) -> bytes:
        """On another's behalf, only news of what they may read: that there is a result says something too (K23)."""
        reads = self.store.reading(access.subject)
        if access.basis == "self":
            return storage.EVERY_NOTICE.finished(reads, self.rules, access, self.clock(), limit, cursor)
        page = Page(ShowingNews(self.rules, access, self.origins, reads.notes), limit, None)
        statement = storage.notices_about(domain.readable(access.scopes)).newest_first
        page.fill(reads, statement, Cursor.read(cursor, NEWEST), newest_first=True)
        return page.finished(self.clock())
