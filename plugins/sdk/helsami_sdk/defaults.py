"""What holds in the region when no organisation says otherwise: a plugin like any other, and the last to be asked."""

from collections.abc import Mapping
from types import MappingProxyType

from helsami_sdk.answers import (
    BookingDecision,
    CaseRoute,
    CheckIn,
    DeliveryPlan,
    DeliveryStep,
    FormWindow,
    Reachable,
    Recipients,
    Restriction,
    ResultClass,
    Route,
    Stop,
    Translation,
    WaitlistTerms,
)
from helsami_sdk.hookspecs import hookimpl
from helsami_sdk.questions import (
    DUTY_INBOX,
    HOME_CARE_VISIT,
    HOME_MEETINGS,
    MAIL_RECEPTION,
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
    SlotsQuestion,
    WaitlistQuestion,
)
from helsami_sdk.questions.delivery import POST
from helsami_sdk.questions.sharing import SCOPES

HOME_CARE_HIDDEN = "home-care-hidden"
GENETICS = frozenset({"GE", "genetics"})
_OF_A_VISIT = frozenset({"appointment", "visit", "note"})
_APPOINTMENTS = frozenset({"appointments:act", "appointments:read"})
_NEAR_HOME = frozenset({"gp-office", "municipality"})

# By basis and the citizen's age: the most a representative may hold. From 12 a parent sees appointments close to home
# only, from 16 nothing by being a parent (R98, K1, K3); a grant is given from 16 (R91), and so is capacity missed.
_DELEGATION: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        ("parental", "0-11"): SCOPES,
        ("parental", "12-15"): _APPOINTMENTS,
        ("grant", "16+"): SCOPES,
        ("capacity", "16+"): SCOPES,
    },
)

_BY_PHONE = BookingDecision.phone()
_NO_WAITLIST = WaitlistTerms.off()
_NO_CHECK_IN = CheckIn.off()
_BLOCKED = ResultClass.blocked()
_MANUAL = ResultClass.manual()
_SHOWN = Restriction.show()
_HOME_CARE = Restriction.withhold(HOME_CARE_HIDDEN)
_MAIL = CaseRoute(MAIL_RECEPTION)
_HALF_A_YEAR = FormWindow()
_AS_IT_IS = Translation.take()


@hookimpl
def decide_booking(question: BookingQuestion) -> BookingDecision:  # noqa: ARG001  the hook's argument
    """By phone: nobody has said that it can be done here."""
    return _BY_PHONE


@hookimpl
def restrict_slots(question: SlotsQuestion) -> frozenset[str]:
    """No time that has already begun."""
    return frozenset(slot.id for slot in question.slots if slot.starts_at > question.asked_at)


@hookimpl
def choose_waitlist_terms(question: WaitlistQuestion) -> WaitlistTerms:  # noqa: ARG001  the hook's argument
    """No waitlist: nobody has said on what terms."""
    return _NO_WAITLIST


@hookimpl
def rank_waitlist(question: RankingQuestion) -> tuple[str, ...]:
    """First come, first served (R28)."""
    return question.by_time_joined


@hookimpl
def choose_check_in(question: CheckInQuestion) -> CheckIn:  # noqa: ARG001  the hook's argument
    """Only some visits have check-in (R36), and nobody has named this one."""
    return _NO_CHECK_IN


@hookimpl
def list_recipients(question: RecipientsQuestion) -> Recipients:
    """User support, and nobody who has not been named (R78, R86)."""
    return Recipients.of(*map(Reachable, question.user_support))


@hookimpl
def route_message(question: MessageQuestion) -> Route:
    """To the unit's shared inbox (R79), then to the duty inbox."""
    inboxes = [question.unit] if question.unit in question.inboxes - {DUTY_INBOX} else []
    return Route.by(*(Stop(inbox=inbox) for inbox in (*inboxes, DUTY_INBOX)))


@hookimpl
def route_case(question: CaseQuestion) -> CaseRoute:  # noqa: ARG001  the hook's argument
    """To the mail reception, where a person sorts it."""
    return _MAIL


@hookimpl
def classify_result(question: ResultQuestion) -> ResultClass:
    """Gene tests, and what also tells about someone else, are blocked by law (K14); the rest waits for a clinician."""
    return _BLOCKED if question.concerns_several or question.category in GENETICS else _MANUAL


@hookimpl
def restrict_sharing(question: SharingQuestion) -> Restriction:
    """Home-care visits and their notes are hidden, meetings in the home are shown (R29, R30, K11)."""
    if question.kind not in _OF_A_VISIT or question.visit_type in HOME_MEETINGS:
        return _SHOWN
    # A visit at home of a type that nobody has named is home care until someone says what else it is.
    return _HOME_CARE if question.visit_type == HOME_CARE_VISIT or question.setting == "home" else _SHOWN


def most_delegated(basis: str, age_band: str) -> frozenset[str]:
    """The most that somebody may hold on this basis for a citizen of this age, towards anybody (R93, R98, K3)."""
    return _DELEGATION.get((basis, age_band), frozenset())


@hookimpl
def limit_delegation(question: DelegationQuestion) -> frozenset[str]:
    """The region's table: by age and basis, and for a parent of a child from 12 on by the kind of organisation."""
    most = most_delegated(question.basis, question.age_band)
    if (question.basis, question.age_band) == ("parental", "12-15") and question.organisation_kind not in _NEAR_HOME:
        return frozenset()
    return question.scopes & most


@hookimpl
def choose_form_window(question: FormQuestion) -> FormWindow:  # noqa: ARG001  the hook's argument
    """Half a year."""
    return _HALF_A_YEAR


@hookimpl
def plan_delivery(question: DeliveryQuestion) -> DeliveryPlan:
    """Every digital channel that reaches the recipient at once, then the post (R85, K18)."""
    digital = question.channels - {POST}
    steps = [DeliveryStep(channels) for channels in (digital, frozenset({POST})) if channels]
    return DeliveryPlan.of(*steps)


@hookimpl
def translate_inbound(question: InboundQuestion) -> Translation:  # noqa: ARG001  the hook's argument
    """As it is: the journal reads the codes that the region has agreed on."""
    return _AS_IT_IS
