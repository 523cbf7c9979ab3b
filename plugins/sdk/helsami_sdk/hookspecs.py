"""
The questions as hooks: who asks, how answers combine, and what holds when nobody answers or an answer fails.

Every hook takes its `question` and nothing else. What goes is announced for one minor version, by `warn_on_impl` of a
hook or `warn_on_impl_args` of an argument, with a DeprecationWarning that says what to do instead; until it is gone, a
plugin that still wants the argument is given None.
"""

import pluggy

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
    SlotsQuestion,
    WaitlistQuestion,
)

PROJECT = "helsami"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def decide_booking(question: BookingQuestion) -> BookingDecision | None:
    """
    May this person book, change or cancel directly, by request, or only by phone (R20, R21)?

    Asked by: appointments.
    Every answer counts: the most restrictive way and the earliest deadline hold; after the deadline only the phone is
    left.
    Nobody answers: phone, with the unit's number.
    An answer fails: phone, with the unit's number.
    """


@hookspec
def restrict_slots(question: SlotsQuestion) -> frozenset[str] | None:
    """
    Which of these free times may be offered (R20)?

    Asked by: appointments.
    Every answer counts: only an id that every answer names is offered, and none that was not in the question.
    Nobody answers: every time still to come is offered.
    An answer fails: none is offered.
    """


@hookspec
def choose_waitlist_terms(question: WaitlistQuestion) -> WaitlistTerms | None:
    """
    Is there a waitlist for this kind of visit, and on what terms is an earlier time offered (R23-R28)?

    Asked by: appointments.
    Nearest: the organisation's own answer, else its parent's. An offer never outlives the time it is for.
    Nobody answers: no waitlist.
    An answer fails: no waitlist; nobody loses the appointment they have.
    """


@hookspec
def rank_waitlist(question: RankingQuestion) -> tuple[str, ...] | None:
    """
    In what order are those who wait offered a time that came free (R28)?

    Asked by: appointments.
    Nearest: the organisation's own answer, else its parent's. Whom an answer leaves out comes after all it names.
    Nobody answers: first come, first served.
    An answer fails: first come, first served.
    """


@hookspec
def choose_check_in(question: CheckInQuestion) -> CheckIn | None:
    """
    When does check-in open for this visit, with which forms, and is there an arrival button (R36, R37)?

    Asked by: appointments.
    Nearest: the organisation's own answer, else its parent's. Only forms of the question can be named.
    Nobody answers: neither check-in nor a button.
    An answer fails: neither check-in nor a button.
    """


@hookspec
def list_recipients(question: RecipientsQuestion) -> Recipients | None:
    """
    Who may be written to, may they be answered, and when is an answer to be expected (R77, R78, R83)?

    Asked by: messages.
    Every answer counts: whom all answers name can be written to, and user support always (R86); a reply needs all of
    them, and the longest wait is told.
    Nobody answers: user support only.
    An answer fails: user support only.
    """


@hookspec
def route_message(question: MessageQuestion) -> Route | None:
    """
    Which inbox or employee gets a message, and who if it stays unopened (R79, R81)?

    Asked by: messages.
    Nearest: the organisation's own answer, else its parent's. The duty inbox is always on the way (K25).
    Nobody answers: the unit's shared inbox, then the duty inbox.
    An answer fails: the unit's shared inbox, then the duty inbox.
    """


@hookspec
def route_case(question: CaseQuestion) -> CaseRoute | None:
    """
    Which queue gets a case, and within how many days is it answered (R66, R70, R87, R90)?

    Asked by: forms.
    Nearest: the organisation's own answer, else its parent's.
    Nobody answers: the organisation's mail reception, 30 days.
    An answer fails: the organisation's mail reception, 30 days.
    """


@hookspec
def classify_result(question: ResultQuestion) -> ResultClass | None:
    """
    Is a result of this type shown at once, after review, by a clinician only, or never (R48-R50, K14)?

    Asked by: results, without the value.
    Every answer counts: the most closed class and the longest review hold; what the law blocks stays blocked.
    Nobody answers: manual.
    An answer fails: manual, and provisional: it is asked again.
    """


@hookspec
def restrict_sharing(question: SharingQuestion) -> Restriction | None:
    """
    Must this item be withheld from this reader (R29, R30)?

    Asked by: results, records, appointments, messages, notifications.
    Every answer counts: no organisation can lift what another has restricted.
    Nobody answers: home-care visits and their notes are withheld, all else is shown.
    An answer fails: the item is withheld.
    """


@hookspec
def limit_delegation(question: DelegationQuestion) -> frozenset[str] | None:
    """
    Which scopes may a representative hold towards this organisation (R93, R98, K3)?

    Asked by: appointments, medications, messages, notifications, records, results.
    Every answer counts: only a scope that every answer names, and that the region's table has for this age and basis.
    Nobody answers: the region's table.
    An answer fails: none.
    """


@hookspec
def choose_form_window(question: FormQuestion) -> FormWindow | None:
    """
    For how many days is an answered form shown (R106, K20)?

    Asked by: forms.
    Nearest: the organisation's own answer, else its parent's. A form that is not answered is always shown.
    Nobody answers: 180 days.
    An answer fails: 180 days.
    """


@hookspec
def plan_delivery(question: DeliveryQuestion) -> DeliveryPlan | None:
    """
    By which channels, in what order, does a letter reach this recipient (R85, K18)?

    Asked by: notifications.
    Nearest: the organisation's own answer, else its parent's. No plan leaves out the portal, nor, for a decision,
    Helsenorge, Digipost and the post; what is left out is added.
    Nobody answers: portal, Helsenorge and Digipost at once, post after 2 working days unopened.
    An answer fails: portal, Helsenorge and Digipost at once, post after 2 working days unopened.
    """


@hookspec
def translate_inbound(question: InboundQuestion) -> Translation | None:
    """
    What do the organisation's own codes mean here, and is the entry to be taken in (R72)?

    Asked by: gateway, when the journal hands an entry over; the codes alone are asked about.
    Nearest: the organisation's own answer, else its parent's.
    Nobody answers: taken in as it is.
    An answer fails: quarantine, with the reason.
    """
