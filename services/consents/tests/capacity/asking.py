"""Who asks about acting for somebody, and with what."""

import base64
from datetime import UTC, datetime

import pytest

from helsami_kernel.testing import citizen_token, system_token

SUBJECT, RELATIVE, STRANGER, UNKNOWN = "a" * 32, "b" * 32, "c" * 32, "d" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
PDF = b"%PDF-1.7 of a guardian's appointment"


def enclosed(content=PDF, content_type="application/pdf", **more):
    encoded = base64.b64encode(content).decode()
    return {"title": "Oppnevning", "content_type": content_type, "content": encoded, **more}


def me(citizen, **claims):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


def staff(organisation="oya_legesenter", **claims):
    return system_token(organisation, scopes=frozenset({"organisations:manage"}), **claims)


on_both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
