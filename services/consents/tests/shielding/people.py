"""Who hides something, from whom, and who is asked about it."""

from datetime import date

import pytest

from helsami_kernel.testing import citizen_token, system_token

CHILD, MOTHER, FATHER, ADULT, DEPUTY = "1" * 32, "a" * 32, "b" * 32, "2" * 32, "c" * 32
FOURTEEN = date(2012, 2, 1)
GATEWAY = citizen_token("", ["consents:decide"], basis="service")
STAFF = system_token("trondheim", scopes=frozenset({"organisations:manage"}))
ELSEWHERE = system_token("levanger", scopes=frozenset({"organisations:manage"}))


def me(citizen, **claims):
    return citizen_token(citizen, ["consents:act", "consents:read", "access-log:read"], **claims)


on_both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
