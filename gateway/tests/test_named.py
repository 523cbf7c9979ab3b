"""Whom a citizen names by national id."""

import pytest

from helsami_gateway.grants import GrantRoutes
from helsami_gateway.session import Tokens
from helsami_kernel.access import Issuer
from helsami_kernel.errors import NotFound, Unavailable
from helsami_kernel.keys import KeyFolder
from helsami_kernel.testing import service


class Directory:
    """Knows one citizen, or is away."""

    away = False

    def identify(self, command, token):
        assert token
        if self.away:
            raise Unavailable("directory")
        if command["national_id"] != "13816512345":
            raise NotFound("citizen-not-found")
        return {"citizen": "a" * 32}


@pytest.fixture
def door(tmp_path):
    keys = KeyFolder(tmp_path)
    keys.make()
    return service(GrantRoutes, directory=Directory(), tokens=Tokens(Issuer("gateway", keys.signing("gateway"))))


def test_whom_nobody_knows_goes_the_same_way_as_whom_one_may_not_name(door):
    assert door.named("13816512345") == "a" * 32

    nobody = door.named("13816512346")

    assert (len(nobody), int(nobody, 16) > 0) == (32, True)
    assert door.named("13816512346") != nobody, "no id that anybody could have"


def test_while_the_directory_is_away_nobody_is_named(door):
    door.directory.away = True

    with pytest.raises(Unavailable):
        door.named("13816512346")
