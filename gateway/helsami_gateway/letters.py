"""Letters to a citizen, and the appointments that they are about."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any, Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel.config import Settings
from helsami_kernel.errors import NotFound, Unavailable
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote
from helsami_kernel.views import UNAVAILABLE, audience

http = partial(kernel_http, on_failure=as_response)

VIEW: Final = "appointment"
SECTION: Final = "letters"
LONGEST_NUMBER: Final = 2
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
# A file of somebody else's making: saved under a name that says nothing, and run by nobody who opens it here.
AS_A_FILE: Final = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}


class LetterRoutes(CitizenDoor):
    """Part of the gateway: letters with what is enclosed, by themselves and with their appointment (R40)."""

    appointments: Remote
    records: Remote
    settings: Settings
    views: Any

    @http("GET", "/api/v1/appointments/<appointment>")
    def show_appointment(self, request: Request, appointment: str) -> Response:
        """An appointment, what can be done with it (R21), and the letters about it."""
        who = self._who(request)
        tokens = self._tokens(request, who, "appointments", audience(VIEW))
        asked = {"appointment": appointment}
        shown = orjson.loads(self.appointments.call("show", asked, token=tokens["appointments"], raw=True))
        letters = self._letters_of(shown.pop("known_as"), tokens[audience(VIEW)])
        return self._answer(orjson.dumps({**shown, SECTION: orjson.Fragment(letters)}), who)

    @http("GET", "/api/v1/letters")
    def list_letters(self, request: Request) -> Response:
        """A page of letters."""
        return self._page(request, "records", schemas.Page, section=SECTION)

    @http("GET", "/api/v1/letters/<letter>")
    def show_letter(self, request: Request, letter: str) -> Response:
        """A letter."""
        return self._ask(request, "records", "letter", {"letter": letter})

    @http("GET", "/api/v1/letters/<letter>/attachments/<number>")
    def fetch_attachment(self, request: Request, letter: str, number: str) -> Response:
        """What is enclosed with a letter, to be saved."""
        if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
            raise NotFound("letter-not-found")
        who = self._who(request)
        asked = {"letter": letter, "number": int(number)}
        enclosed = self.records.letter_attachment(asked, token=self._token(request, who, "records"))
        kind = enclosed["content_type"]
        response = self._answer(base64.b64decode(enclosed["data"]), who)
        response.content_type = kind
        name = f"attachment-{int(number)}.{ENDINGS[kind]}"
        response.headers.update({**HEADERS, **AS_A_FILE, "Content-Disposition": f'attachment; filename="{name}"'})
        return response

    def _letters_of(self, appointment: str, token: str) -> bytes:
        """The section of letters about an appointment; one that cannot be had now says so."""
        within = self.settings.view_deadline.total_seconds()
        try:
            sections: dict[str, bytes] = self.views(VIEW, {"appointment": appointment}, token=token, within=within)
        except Unavailable:
            return UNAVAILABLE
        return sections.get(SECTION, UNAVAILABLE)
