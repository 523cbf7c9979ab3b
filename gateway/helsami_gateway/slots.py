"""Schedules and slots: one free time for a citizen, and what an organisation's staff open and take back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session, slot_schemas
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.citizens import JSON, CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)


class SlotRoutes(CitizenDoor):
    """Part of the gateway: a free time that a citizen looks at, and lets go again."""

    @http("GET", "/api/v1/slots/<slot>")
    def show_slot(self, request: Request, slot: str) -> Response:
        """A free time, and what can be done with it (R21)."""
        return self._ask(request, "appointments", "slot", {"slot": slot})

    @http("DELETE", "/api/v1/slots/<slot>/hold")
    def release(self, request: Request, slot: str) -> Response:
        """Let a free time go that one holds (R22)."""
        return self._command(request, "appointments", "release", schemas.Nothing, about={"slot": slot})


class StaffSlotRoutes:
    """Part of the gateway: an organisation's schedules and slots, with its system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    appointments: Remote

    @http("GET", "/staff/v1/schedules")
    def list_schedules(self, request: Request) -> Response:
        """A page of the organisation's schedules."""
        return self._of_slots(request, "own_schedules", arguments_of(request, schemas.Page))

    @http("POST", "/staff/v1/schedules")
    def open_schedule(self, request: Request) -> Response:
        """Open a schedule, under which slots are published."""
        return self._of_slots(request, "open_schedule", command_of(request, slot_schemas.Schedule), 201)

    @http("PUT", "/staff/v1/schedules/<schedule>")
    def change_schedule(self, request: Request, schedule: str) -> Response:
        """Describe a schedule anew, close it or open it again."""
        command = command_of(request, slot_schemas.Schedule)
        return self._of_slots(request, "change_schedule", {**command, "schedule": schedule})

    @http("GET", "/staff/v1/slots")
    def list_own_slots(self, request: Request) -> Response:
        """A page of the organisation's slots: whether each is taken, and not by whom."""
        return self._of_slots(request, "own_slots", arguments_of(request, slot_schemas.OwnSlots))

    @http("POST", "/staff/v1/slots")
    def publish_slots(self, request: Request) -> Response:
        """Open many slots: listed times, clinic hours, or both."""
        return self._of_slots(request, "publish_slots", command_of(request, slot_schemas.PublishSlots), 201)

    @http("DELETE", "/staff/v1/slots/<slot>")
    def withdraw_slot(self, request: Request, slot: str) -> Response:
        """Take a free slot back."""
        return self._of_slots(request, "withdraw_slot", {**command_of(request, schemas.Nothing), "slot": slot})

    def _of_slots(self, request: Request, method: str, question: Mapping[str, Any], status: int = 200) -> Response:
        token = self.tokens.of_staff(system_login(self.systems, request), "appointments")
        body = self.appointments.call(method, question, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, status, headers=HEADERS, content_type=JSON)
