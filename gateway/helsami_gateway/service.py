"""The gateway: one door for citizens and one for record systems. It translates and asks, and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import openapi, schemas, session, storage, texts
from helsami_gateway.access_log import AccessLogRoutes
from helsami_gateway.accounts import AccountRoutes
from helsami_gateway.admission import admission
from helsami_gateway.appointments import AppointmentRoutes, StaffAppointmentRoutes
from helsami_gateway.asked import json_of
from helsami_gateway.calendar import CalendarRoutes
from helsami_gateway.capacity import CapacityRoutes, StaffCapacityRoutes
from helsami_gateway.care import CareRoutes
from helsami_gateway.citizens import represented
from helsami_gateway.errors import as_response
from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.outcomes import batch_response, operation_outcome
from helsami_gateway.headers import HEADERS
from helsami_gateway.journal import ANSWER_WITHIN, deliver
from helsami_gateway.letters import LetterRoutes
from helsami_gateway.messages import MessageRoutes
from helsami_gateway.profiles import ProfileRoutes
from helsami_gateway.shields import ShieldRoutes, StaffShieldRoutes
from helsami_gateway.slots import SlotRoutes, StaffSlotRoutes
from helsami_gateway.staff import StaffRoutes, system_login
from helsami_gateway.staff_messages import StaffMessageRoutes
from helsami_gateway.video import StaffVideoRoutes, VideoRoutes
from helsami_gateway.visits import StaffVisitRoutes, VisitRoutes
from helsami_gateway.waiting import Unnamed
from helsami_gateway.waitlist import StaffWaitlistRoutes, WaitlistRoutes
from helsami_kernel import (
    Clock,
    CurrentSettings,
    FromKeys,
    Obligation,
    OrganisationRules,
    RemoteService,
    Store,
    fulfils,
    logs,
)
from helsami_kernel.access import SystemVerifier
from helsami_kernel.bodies import body_of
from helsami_kernel.errors import Forbidden, Malformed, NotFound, Unavailable, load
from helsami_kernel.fhir import iso
from helsami_kernel.http import Admission
from helsami_kernel.http import http as kernel_http
from helsami_kernel.views import UNAVAILABLE, Gather, audience

http = partial(kernel_http, on_failure=as_response)

JSON: Final = "application/json"
FHIR: Final = "application/fhir+json"
DELIVERED_WITHIN: Final = timedelta(seconds=60)
BUNDLE_AT_MOST: Final = 20 * 1024 * 1024


class GatewayService(
    AccountRoutes,
    ProfileRoutes,
    AppointmentRoutes,
    SlotRoutes,
    StaffSlotRoutes,
    LetterRoutes,
    CareRoutes,
    VisitRoutes,
    StaffVisitRoutes,
    WaitlistRoutes,
    VideoRoutes,
    StaffVideoRoutes,
    StaffWaitlistRoutes,
    StaffRoutes,
    StaffAppointmentRoutes,
    CalendarRoutes,
    CapacityRoutes,
    StaffCapacityRoutes,
    MessageRoutes,
    StaffMessageRoutes,
    ShieldRoutes,
    StaffShieldRoutes,
    AccessLogRoutes,
):
    """The door to HelsaMi."""

    name = "gateway"
    workers = 100

    store = Store(storage.BundleReads, storage.BundleWrites)
    views = Gather(storage.RosterTable)
    rules = OrganisationRules()
    clock = Clock()
    settings = CurrentSettings()
    admission = Admission(admission)
    sessions = FromKeys(session.sessions)
    tokens = FromKeys(session.tokens)
    systems = FromKeys(lambda keys: SystemVerifier(keys.public("systems")))

    directory = RemoteService("directory")
    consents = RemoteService("consents")
    appointments = RemoteService("appointments")
    medications = RemoteService("medications")
    messages = RemoteService("messages")
    results = RemoteService("results")
    records = RemoteService("records")
    notifications = RemoteService("notifications")

    # What a citizen reads

    @http("GET", "/api/v1/home")
    def home(self, request: Request) -> Response:
        """Everything at a glance: each section by itself, so that one that fails fails alone."""
        who = self._who(request)
        within = self.settings.view_deadline.total_seconds()
        sections = self.views("home", {}, token=self._token(request, who, audience("home")), within=within)
        if all(body == UNAVAILABLE for body in sections.values()):
            raise Unavailable("home")
        return self._answer(finished_view("home", iso(self.clock()), sections), who)

    @http("GET", "/api/v1/medications")
    def list_medications(self, request: Request) -> Response:
        """A page of medicines."""
        return self._page(request, "medications")

    @http("GET", "/api/v1/results")
    def list_results(self, request: Request) -> Response:
        """A page of released results."""
        return self._page(request, "results")

    @http("GET", "/api/v1/records/<section>")
    def list_records(self, request: Request, section: str) -> Response:
        """A page of visits, conditions, allergies, vaccines or documents."""
        if section not in schemas.RECORD_SECTIONS:
            raise NotFound("not-found")
        return self._page(request, "records", section=section)

    @http("GET", "/api/v1/notices")
    def list_notices(self, request: Request) -> Response:
        """A page of notices."""
        return self._page(request, "notifications")

    @http("GET", "/api/v1/organisations")
    def list_organisations(self, request: Request) -> Response:
        """The organisations that have joined, and since when each shares what."""
        # The same for everybody: asked as oneself, whomever one acts for.
        who = self._who(request)
        token = self.tokens.about_self(who, "directory")
        return self._answer(self.directory.call("organisations", {}, token=token, raw=True), who)

    @http("GET", "/api/v1/me")
    def me(self, request: Request) -> Response:
        """Who is logged in."""
        who = self._who(request)
        if represented(request, who) is not None:
            raise Forbidden("not-for-representatives")
        return self._answer(orjson.dumps({"citizen": who.citizen, "name": who.name}), who)

    # What front-end teams read

    @http("GET", "/api/v1/openapi.json")
    def describe(self, request: Request) -> Response:  # noqa: ARG002
        """The API as OpenAPI 3.1."""
        return Response(openapi.document(), headers=HEADERS, content_type=JSON)

    @http("GET", "/api/v1/texts/<language>")
    def say(self, request: Request, language: str) -> Response:  # noqa: ARG002
        """Every text key of the API in one language, and the organisations' own."""
        said = texts.everything(language, self.rules)
        return Response(orjson.dumps(said), headers=HEADERS, content_type=JSON)

    # Record systems

    @http("POST", "/journal/v1/fhir", body_at_most=BUNDLE_AT_MOST)
    def receive(self, request: Request) -> Response:
        """Take a FHIR R4 bundle: kept as received, each entry to its owner, an outcome for each."""
        organisation = self._organisation(request)
        body = body_of(request)
        try:
            bundle = read_bundle(body, organisation)
        except (Malformed, Forbidden) as refusal:
            status = as_response(refusal, request).status_code
            return Response(orjson.dumps(operation_outcome(refusal)), status, headers=HEADERS, content_type=FHIR)
        with self.store.transaction(None) as tx:
            kept = tx.keep_bundle(organisation, body)
            promise = f"{kept} {tx.now.isoformat()}"
            tx.promise("deliver_bundle", tx.now + DELIVERED_WITHIN, {"bundle": kept}, key=promise)
        unnamed = Unnamed(self.store, kept, self.clock)
        delivered = deliver(bundle, partial(self._deliver, organisation), DELIVERED_WITHIN, unnamed)
        with self.store.transaction(None) as tx:
            tx.discharge("deliver_bundle", promise)
            if delivered.pending:
                told = {"bundle": kept, "accepted": [outcome.index for outcome in delivered.accepted]}
                tx.promise("deliver_bundle", tx.now, told, key=f"{promise} again")
        return Response(orjson.dumps(batch_response(delivered.outcomes)), headers=HEADERS, content_type=FHIR)

    @fulfils("deliver_bundle")
    def deliver_later(self, promised: Obligation) -> None:
        """Deliver a bundle again, of which some owner was away; owners know what they have already."""
        bundle = promised.payload["bundle"]
        organisation, body = self.store.reading(None).bundle(bundle)
        unnamed, ask = Unnamed(self.store, bundle, self.clock), partial(self._deliver, organisation)
        delivered = deliver(read_bundle(body, organisation), ask, DELIVERED_WITHIN, unnamed)
        if delivered.pending:
            raise Unavailable("journal")
        refused = delivered.refused_of(promised.payload.get("accepted"))
        if refused:
            logs.incident("late-entries-refused", organisation=organisation, count=len(refused))
        with self.store.transaction(None) as tx:
            tx.note_refusals(bundle, refused)
            tx.wait_no_longer(bundle)

    # Embedded mode

    @http("POST", "/dev/login")
    def log_in(self, request: Request) -> Response:
        """Log in as anybody, to look around in demo data."""
        self._embedded_only()
        session.check_origin(request)
        wish = load(schemas.Login, json_of(request))
        return self.admit(wish["pid"])

    @http("GET", "/dev/citizens")
    def list_citizens(self, request: Request) -> Response:  # noqa: ARG002
        """Whom one may log in as, and for whom each may act."""
        self._embedded_only()
        token = self.tokens.own("directory", "directory:identify")
        citizens = self.directory.citizens({}, token=token)["citizens"]
        listed = [{**one, "may_act_for": self._represented_by(one)} for one in citizens]
        return Response(orjson.dumps(listed), headers=HEADERS, content_type=JSON)

    # How it asks

    def _embedded_only(self) -> None:
        if not self.settings.embedded:
            raise NotFound("not-found")

    def _represented_by(self, citizen: Mapping[str, Any]) -> list[Any]:
        who = self.sessions.begin(citizen["citizen"], date.min, protected=False)
        token = self.tokens.about_self(who, "consents")
        return list(self.consents.acting_for({}, token=token)["acting_for"])

    def _organisation(self, request: Request) -> str:
        """The organisation whose record system this is; its login is the only thing that says so."""
        organisation = system_login(self.systems, request).organisation
        if organisation not in self.rules:
            raise Forbidden("unknown-organisation")
        return organisation

    def _deliver(self, organisation: str, service: str, method: str, command: Mapping[str, Any]) -> Any:
        token = self.tokens.of_system(organisation, service)
        return getattr(self, service).call(method, command, token=token, within=ANSWER_WITHIN)


def finished_view(view: str, as_of: str | None, sections: Mapping[str, bytes]) -> bytes:
    """A view as JSON; its sections are joined as the bytes they came in."""
    joined = b",".join(orjson.dumps(name) + b":" + body for name, body in sections.items())
    return b'{"view":' + orjson.dumps(view) + b',"as_of":' + orjson.dumps(as_of) + b',"sections":{' + joined + b"}}"
