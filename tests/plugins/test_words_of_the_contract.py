"""The words of questions are those that the services use."""

from helsami_consents.domain import GRANTABLE
from helsami_kernel.access import CITIZEN_SCOPES
from helsami_sdk.questions import READERS, SCOPES
from helsami_sdk.questions.sharing import BASES


def test_an_organisation_is_asked_about_the_scopes_that_can_be_given():
    assert SCOPES == GRANTABLE
    assert SCOPES <= CITIZEN_SCOPES


def test_a_representative_reads_on_a_basis():
    assert BASES | {"self"} == READERS
