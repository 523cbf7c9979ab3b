"""Peer (a), the gateway: Nameko as it comes, `RpcProxy` and `@http`."""

from __future__ import annotations

import json

from nameko.rpc import RpcProxy
from nameko.web.handlers import http
from werkzeug.wrappers import Request

from bench.shape import SECTIONS


class Gateway:
    """The view: one call for each section, all at once."""

    name = "gateway"

    appointments = RpcProxy("appointments")
    medications = RpcProxy("medications")
    notifications = RpcProxy("notifications")
    records = RpcProxy("records")
    results = RpcProxy("results")

    @http("GET", "/home/<owner>")  # type: ignore[untyped-decorator]
    def home(self, request: Request, owner: str) -> str:
        """Everything a citizen is shown."""
        calls = {
            section.name: getattr(getattr(self, section.service), section.name).call_async(owner)
            for section in SECTIONS
        }
        return json.dumps({name: call.result() for name, call in calls.items()})
