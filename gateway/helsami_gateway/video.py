"""Consultations by video: what citizens order and join, and what staff set up and join."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session, video_schemas
from helsami_gateway.asked import command_of, key_of
from helsami_gateway.citizens import JSON, CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.errors import NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "appointments"


class VideoRoutes(CitizenDoor):
    """Part of the gateway: a citizen's consultation by video (R33, R34)."""

    @http("GET", "/api/v1/appointments/<appointment>/video")
    def show_video(self, request: Request, appointment: str) -> Response:
        """How the door of its room stands, without a link."""
        return self._ask(request, OWNER, "video", {"appointment": appointment})

    @http("PUT", "/api/v1/appointments/<appointment>/video")
    def order_video(self, request: Request, appointment: str) -> Response:
        """Let it take place by video."""
        return self._command(request, OWNER, "order_video", schemas.Nothing, about={"appointment": appointment})

    @http("DELETE", "/api/v1/appointments/<appointment>/video")
    def meet_in_person(self, request: Request, appointment: str) -> Response:
        """Let it take place in person again."""
        return self._command(request, OWNER, "meet_in_person", schemas.Nothing, about={"appointment": appointment})

    @http("POST", "/api/v1/appointments/<appointment>/video")
    def join_video(self, request: Request, appointment: str) -> Response:
        """A link into its room, while the door is open."""
        return self._command(request, OWNER, "join_video", schemas.Nothing, about={"appointment": appointment})


class StaffVideoRoutes:
    """Part of the gateway: an organisation's consultations and meetings by video, with its system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    appointments: Remote
    directory: Remote

    @http("POST", "/staff/v1/video")
    def set_up_video(self, request: Request) -> Response:
        """Let a citizen's appointment take place by video."""
        return self._of_citizen(request, "set_up_video")

    @http("POST", "/staff/v1/video/in-person")
    def take_video_back(self, request: Request) -> Response:
        """Let a citizen's appointment take place in person again."""
        return self._of_citizen(request, "take_video_back")

    @http("POST", "/staff/v1/video/join")
    def join_video_for_staff(self, request: Request) -> Response:
        """A moderator's link to a citizen's appointment."""
        return self._of_citizen(request, "join_video_for_staff")

    @http("POST", "/staff/v1/video/groups")
    def open_group(self, request: Request) -> Response:
        """Let several citizens' appointments take place in one room."""
        token = self._staff(request)
        wish = command_of(request, video_schemas.Group)
        return self._of_video(request, "open_group", {"appointments": [*map(self._named, wish["appointments"])]}, token)

    @http("POST", "/staff/v1/video/meetings")
    def open_meeting(self, request: Request) -> Response:
        """Make a room for staff alone."""
        token = self._staff(request)
        return self._of_video(request, "open_meeting", command_of(request, video_schemas.Meeting), token)

    @http("POST", "/staff/v1/video/rooms/<room>/join")
    def join_room(self, request: Request, room: str) -> Response:
        """A moderator's link into a room of the organisation's own."""
        return self._of_video(request, "join_room", {"room": room}, self._staff(request))

    @http("DELETE", "/staff/v1/video/rooms/<room>")
    def end_room(self, request: Request, room: str) -> Response:
        """Let nobody meet in a room any longer."""
        return self._of_video(request, "end_room", {"room": room}, self._staff(request))

    def _of_citizen(self, request: Request, method: str) -> Response:
        token = self._staff(request)
        wish = command_of(request, video_schemas.CitizensAppointment)
        return self._of_video(request, method, self._named(wish), token)

    def _staff(self, request: Request) -> str:
        return self.tokens.of_staff(system_login(self.systems, request), OWNER)

    def _of_video(self, request: Request, method: str, command: Mapping[str, Any], token: str) -> Response:
        body = self.appointments.call(method, command, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, headers=HEADERS, content_type=JSON)

    def _named(self, wish: Mapping[str, str]) -> dict[str, str]:
        """
        An appointment by its citizen's opaque id.

        One who is not known looks like one who has no such appointment: staff learn nothing here of whom others know.
        """
        token = self.tokens.own("directory", "directory:identify")
        try:
            found = self.directory.identify({"national_id": wish["national_id"]}, token=token)
        except NotFound:
            raise NotFound("appointment-not-found") from None
        return {"citizen": found["citizen"], "appointment": wish["appointment"]}
