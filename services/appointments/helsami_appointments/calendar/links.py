"""The link by which other calendars follow a citizen's: made, ended at once, and answered (R38)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_appointments.calendar import feed, schemas, storage
from helsami_appointments.calendar.domain import Link
from helsami_appointments.calendar.plans import Plans
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden, NotFound, Refused, load
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

BEHIND: Final = timedelta(days=90)
AHEAD: Final = timedelta(days=366)

Json = dict[str, Any]


class Links(Plans):
    """Part of appointments: a private link to a citizen's calendar."""

    store: OpenStore[Any, Any]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:act", answers=schemas.LinkShown)
    def open_calendar_link(self, command: Json, access: AccessToken) -> Json:
        """
        Make a link with a secret of this hash the citizen's only one: an earlier one ends at once.

        Raises Forbidden("not-for-representatives"), and Refused("protected-address") for details of somebody at one.
        """
        wish = load(schemas.OpenLink, command)
        citizen = only_for(access)
        if wish["details"] and access.protected:
            raise Refused("protected-address")
        with self.store.transaction(owner=citizen) as tx:
            link = Link(wish["link"], citizen, wish["details"], wish["language"], tx.now)
            storage.open_link(tx, link)
        return schemas.link_shown(link)

    @rpc(scope="appointments:act", answers=schemas.LinkFound)
    def close_calendar_link(self, command: Json, access: AccessToken) -> Json:
        """End one's link, from the next request on; Forbidden("not-for-representatives")."""
        load(schemas.Nothing, command)
        with self.store.transaction(owner=only_for(access)) as tx:
            storage.close_link(tx)
        return {"link": None}

    @rpc(scope="appointments:read", answers=schemas.LinkFound)
    def calendar_link(self, question: Json, access: AccessToken) -> Json:
        """One's link, without its secret, which nobody has kept; Forbidden("not-for-representatives")."""
        load(schemas.Nothing, question)
        link = storage.own_link(self.store.reading(only_for(access)))
        return {"link": None if link is None else schemas.link_shown(link)}

    @rpc(scope="calendar:feed", answers=schemas.Whose)
    def calendar_of_link(self, question: Json, access: AccessToken) -> Json:  # noqa: ARG002  the gateway asks for itself
        """Whose calendar it is, for the gateway, which then asks for what is in it. Raises NotFound."""
        asked = load(schemas.WhichLink, question)
        return {"citizen": storage.link(self.store.reading(None), asked["link"]).citizen}

    @rpc(scope="appointments:read")
    def feed(self, question: Json, access: AccessToken) -> bytes:
        """
        The calendar behind a link as iCalendar (RFC 5545): what its citizen may see, in general words unless chosen.

        Somebody at a protected address has never any details. Raises NotFound for the link of anybody else.
        """
        asked = load(schemas.WhichLink, question)
        reads = self.store.reading(only_for(access))
        link = storage.link(reads, asked["link"])
        if link.citizen != access.subject:
            raise NotFound("calendar-link-not-found")
        now = self.clock()
        showing = Showing("appointments", self.rules, access, reads.notes)
        rows = storage.appointments_between(reads, now - BEHIND, now + AHEAD)
        return feed.written_feed(
            link,
            [row for row in rows if showing.may_show(row)],
            storage.events_between(reads, now - BEHIND, now + AHEAD),
            self.planned_events(reads, access, now - BEHIND, now + AHEAD),
            now,
            details=link.details and not access.protected,
        )


def only_for(access: AccessToken) -> str:
    """The citizen, who alone writes and reads their own events. Raises Forbidden."""
    if access.subject is None:
        raise Forbidden("not-permitted")
    if access.basis != "self":
        raise Forbidden("not-for-representatives")
    return access.subject
