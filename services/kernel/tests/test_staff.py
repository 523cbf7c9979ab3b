"""Staff speak for their organisation, and what they ask under a key is done once for each key, however long it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_kernel.database import IDEMPOTENCY
from helsami_kernel.errors import Forbidden
from helsami_kernel.staff import key_of_staff, organisation_of
from helsami_kernel.testing import citizen_token, system_token

keys = st.text(min_size=1, max_size=200)
organisations = st.sampled_from(("a", "b", "a_long_name_of_an_organisation_" * 2))


@given(st.tuples(organisations, keys), st.tuples(organisations, keys))
def test_two_commands_have_one_key_where_organisation_and_key_are_the_same(one, other):
    kept = [key_of_staff(system_token(organisation, idempotency_key=key)) for organisation, key in (one, other)]

    assert (kept[0] == kept[1]) == (one == other)
    assert all(len(key) <= IDEMPOTENCY.c.key.type.length for key in kept)


def test_keys_that_begin_alike_for_longer_than_a_key_may_be_are_two():
    begins = "k" * 120

    assert len({key_of_staff(system_token("a", idempotency_key=begins + end)) for end in ("", "1", "2")}) == 3


def test_no_key_stays_none():
    assert key_of_staff(system_token("a")) is None


@pytest.mark.parametrize("ask", [organisation_of, key_of_staff])
def test_who_speaks_for_no_organisation_is_no_staff(ask):
    with pytest.raises(Forbidden):
        ask(citizen_token("c1", ["organisations:manage"], idempotency_key="k"))
