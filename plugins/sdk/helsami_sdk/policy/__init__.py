"""The common answers as data: policy.toml, read without running code, and answering hooks like any plugin."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from helsami_sdk.answers import (
    BookingDecision,
    CaseRoute,
    CheckIn,
    DeliveryPlan,
    FormWindow,
    Recipients,
    Restriction,
    ResultClass,
    Route,
    Translation,
    WaitlistTerms,
)
from helsami_sdk.hookspecs import hookimpl
from helsami_sdk.policy.booking import BOOKING, CHECK_IN, WAITLIST, WAITLIST_ORDER
from helsami_sdk.policy.delivery import DELIVERY, within_reach
from helsami_sdk.policy.forms import CASES, FORMS
from helsami_sdk.policy.inbound import INBOUND, translate
from helsami_sdk.policy.messages import RECIPIENTS, ROUTING
from helsami_sdk.policy.rows import PolicyTable, Row, Rows, first
from helsami_sdk.policy.sharing import DELEGATION, RESULTS, SHARING
from helsami_sdk.questions import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    DelegationQuestion,
    DeliveryQuestion,
    FormQuestion,
    InboundQuestion,
    MessageQuestion,
    RankingQuestion,
    RecipientsQuestion,
    ResultQuestion,
    SharingQuestion,
    SlotChoice,
    SlotsQuestion,
    WaitlistQuestion,
)
from helsami_sdk.tables import Misconfigured, Table

FILE = "policy.toml"
TABLES: Mapping[str, PolicyTable[Any]] = MappingProxyType(
    {
        table.name: table
        for table in (
            BOOKING,
            WAITLIST,
            WAITLIST_ORDER,
            CHECK_IN,
            RECIPIENTS,
            ROUTING,
            CASES,
            RESULTS,
            SHARING,
            DELEGATION,
            FORMS,
            DELIVERY,
            INBOUND,
        )
    },
)


class _Booked(NamedTuple):
    """A free time as a booking row sees it."""

    visit_type: str
    unit: str
    action: str = "book"


class _Candidate(NamedTuple):
    """A recipient, and who would write, as a row sees them."""

    kind: str
    unit: str
    role: str
    actor: str
    age_band: str


# eq=False: pluggy refuses a plugin that equals one it has, and a child may have its parent's very rows.
@dataclass(frozen=True, eq=False)
class Policy:
    """An organisation's answers as data: in each table the first row that fits answers, and none leaves it open."""

    rows: Mapping[str, tuple[Row[Any], ...]] = field(default_factory=dict)

    @property
    def forms(self) -> frozenset[str]:
        """The kinds of form that are asked for before a visit."""
        return frozenset(form for row in self._rows("check_in") for form in row.says.forms)

    @hookimpl
    def decide_booking(self, question: BookingQuestion) -> BookingDecision | None:
        """Answer from the booking rows."""
        terms = first(self._rows("booking"), question)
        return None if terms is None else terms.decision(question.starts_at)

    @hookimpl
    def restrict_slots(self, question: SlotsQuestion) -> frozenset[str] | None:
        """Offer only the times that could be booked directly now."""
        if not self._rows("booking"):
            return None
        return frozenset(slot.id for slot in question.slots if self._is_offered(slot, question))

    def _is_offered(self, slot: SlotChoice, question: SlotsQuestion) -> bool:
        terms = first(self._rows("booking"), _Booked(slot.visit_type, slot.unit))
        return terms is None or terms.bookable(slot.starts_at, question.asked_at)

    @hookimpl
    def choose_waitlist_terms(self, question: WaitlistQuestion) -> WaitlistTerms | None:
        """Answer from the waitlist rows."""
        return first(self._rows("waitlist"), question)

    @hookimpl
    def rank_waitlist(self, question: RankingQuestion) -> tuple[str, ...] | None:
        """Answer from the rows about the waitlist's order."""
        order = first(self._rows("waitlist_order"), question)
        return None if order is None else order.ranked(question)

    @hookimpl
    def choose_check_in(self, question: CheckInQuestion) -> CheckIn | None:
        """Answer from the check-in rows, with the forms that there are."""
        answer = first(self._rows("check_in"), question)
        if answer is None or answer.opens is None:
            return answer
        forms = (form for form in answer.forms if form in question.forms)
        return CheckIn.on(answer.opens, *forms, arrival_button=answer.arrival_button)

    @hookimpl
    def list_recipients(self, question: RecipientsQuestion) -> Recipients | None:
        """Answer from the recipient rows; where none fits anybody, the question stays open."""
        contacts = [
            (one.id, first(self._rows("recipients"), candidate))
            for one in question.recipients
            for candidate in [_Candidate(one.kind, one.unit, one.role, question.actor, question.age_band)]
        ]
        if all(contact is None for _, contact in contacts):
            return None
        return Recipients.of(*(contact.of(id_) for id_, contact in contacts if contact and contact.writable))

    @hookimpl
    def route_message(self, question: MessageQuestion) -> Route | None:
        """Answer from the routing rows."""
        way = first(self._rows("routing"), question)
        return None if way is None else way.route(question)

    @hookimpl
    def route_case(self, question: CaseQuestion) -> CaseRoute | None:
        """Answer from the case rows."""
        return first(self._rows("cases"), question)

    @hookimpl
    def classify_result(self, question: ResultQuestion) -> ResultClass | None:
        """Answer from the result rows."""
        return first(self._rows("results"), question)

    @hookimpl
    def restrict_sharing(self, question: SharingQuestion) -> Restriction | None:
        """Answer from the sharing rows."""
        return first(self._rows("sharing"), question)

    @hookimpl
    def limit_delegation(self, question: DelegationQuestion) -> frozenset[str] | None:
        """Answer from the delegation rows."""
        scopes = first(self._rows("delegation"), question)
        return None if scopes is None else question.scopes & scopes

    @hookimpl
    def choose_form_window(self, question: FormQuestion) -> FormWindow | None:
        """Answer from the form rows."""
        return first(self._rows("forms"), question)

    @hookimpl
    def plan_delivery(self, question: DeliveryQuestion) -> DeliveryPlan | None:
        """Answer from the delivery rows, with the channels that reach the recipient."""
        plan = first(self._rows("delivery"), question)
        return None if plan is None else within_reach(plan, question)

    @hookimpl
    def translate_inbound(self, question: InboundQuestion) -> Translation | None:
        """Answer from the inbound rows, code by code."""
        return translate(self._rows("inbound"), question)

    def _rows(self, table: str) -> Rows:
        return self.rows.get(table, ())


def read_policy(folder: Path, units: Collection[str] = ()) -> Policy | None:
    """
    Read and check `folder/policy.toml`, None if there is none; `units` are the manifest's. Raises Misconfigured.

    A link that leads nowhere is one whose file is missing, and an empty file says nothing because it was cut off.
    """
    path = folder / FILE
    if not path.exists() and not path.is_symlink():
        return None
    file = Table.read(path)
    if not path.stat().st_size:
        raise Misconfigured(FILE, ["expected a table such as [[booking]], or no file"])
    rows = {name: table.read(file, units) for name, table in TABLES.items()}
    file.finish(FILE)
    return Policy({name: read for name, read in rows.items() if read})
