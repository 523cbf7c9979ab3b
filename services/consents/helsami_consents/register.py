"""Who people are, as the directory knows it: asked each time, so that it holds from the next question on."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, post_load

from helsami_consents.people import Appointed, Person
from helsami_kernel.access import Issuer
from helsami_kernel.errors import Unavailable
from helsami_kernel.rpc import Remote

NAMES_WITHIN: Final = 1.0


class AppointedFact(Schema):
    """What is used of a guardian."""

    id = fields.String(required=True)
    citizen = fields.String(required=True)
    mandates = fields.List(fields.String(), required=True)
    since = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)

    class Meta:
        """The directory may come to say more."""

        unknown = EXCLUDE

    @post_load
    def _appointed(self, fact: dict[str, Any], **_kwargs: object) -> Appointed:
        return Appointed(mandates=frozenset(fact.pop("mandates")), **fact)


class Fact(Schema):
    """What is used of the directory's facts."""

    citizen = fields.String(required=True)
    name = fields.String(required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    protected = fields.Boolean(required=True)
    deceased = fields.Boolean(required=True)
    active = fields.Boolean(load_default=True)
    back_since = fields.AwareDateTime(load_default=None, allow_none=True)
    holders = fields.List(fields.String(), load_default=[])
    holder_at_address = fields.Boolean(load_default=False)
    guardians = fields.List(fields.Nested(AppointedFact), load_default=[])
    wards = fields.List(fields.String(), load_default=[])

    class Meta:
        """The directory may come to say more."""

        unknown = EXCLUDE

    @post_load
    def _person(self, fact: dict[str, Any], **_kwargs: object) -> Person:
        fact["guardians"] = tuple(fact["guardians"])
        fact |= {name: frozenset(fact[name]) for name in ("holders", "wards")}
        return Person(fact.pop("citizen"), **fact)


class FactsFound(Schema):
    """The directory's answer."""

    facts = fields.List(fields.Nested(Fact), required=True)

    class Meta:
        """The directory may come to say more."""

        unknown = EXCLUDE


FACTS_FOUND: Final = FactsFound()


class Register:
    """Part of consents: what the register says of people now."""

    directory: Remote
    issuer: Issuer

    def people(self, *citizens: str, within: float | None = None) -> dict[str, Person]:
        """What the register says of these people now; who is not known is absent. Raises Unavailable."""
        token = self.issuer.own("directory", "directory:facts")
        answer = self.directory.facts({"citizens": sorted(set(citizens))}, token=token, within=within)
        return {person.id: person for person in FACTS_FOUND.load(answer)["facts"]}

    def names(self, *citizens: str) -> dict[str, Person]:
        """As `people`, for their names alone: while the register is away, nobody is known and all else goes on."""
        try:
            return self.people(*citizens, within=NAMES_WITHIN) if citizens else {}
        except Unavailable:
            return {}
