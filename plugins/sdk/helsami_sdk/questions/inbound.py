"""What the gateway's journal asks: what an organisation's own codes mean here."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CodedFact:
    """
    One code of an entry that came in: which it is, in which element it stood, in whose code system.

    `element` is FHIR's name of it, such as `Encounter.type`.
    """

    id: str
    element: str
    system: str
    code: str


@dataclass(frozen=True, slots=True)
class InboundQuestion:
    """
    Is this entry to be taken in, and with which codes?

    `resource` is its FHIR type; `facts` are its codes, nothing else of it, and what an answer may name by their ids.
    """

    resource: str
    facts: tuple[CodedFact, ...]
    received_at: datetime

    @property
    def ids(self) -> frozenset[str]:
        """The only ids an answer may name."""
        return frozenset(fact.id for fact in self.facts)
