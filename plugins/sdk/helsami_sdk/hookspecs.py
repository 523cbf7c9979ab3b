"""The questions as hooks: whom they serve, how answers combine, and what holds when one fails."""

import pluggy

from helsami_sdk.answers import BookingDecision, Restriction, ResultClass
from helsami_sdk.questions import BookingQuestion, ResultQuestion, SharingQuestion, SlotsQuestion

PROJECT = "helsami"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def decide_booking(question: BookingQuestion) -> BookingDecision | None:
    """
    May this person book, change or cancel directly, by request, or only by phone (R20, R21)?

    Asked by appointments. Every answer counts: the most restrictive way and the earliest deadline hold, and after the
    deadline only the phone is left. If nobody answers, or an answer fails: phone, with the unit's number.
    """


@hookspec
def restrict_slots(question: SlotsQuestion) -> frozenset[str] | None:
    """
    Which of these free times may be offered (R20)?

    Asked by appointments. Every answer counts: only an id that every answer names is offered, and an answer may name
    no id that was not in the question. If nobody answers, every time still to come is offered; an error offers none.
    """


@hookspec
def classify_result(question: ResultQuestion) -> ResultClass | None:
    """
    Is a result of this type shown at once, after review, by a clinician only, or never (R48-R50, K14)?

    Asked by results, without the value. Every answer counts: the most closed class and the longest review hold.
    If nobody answers, or an answer fails: manual; after a failure it is provisional, to be asked again.
    """


@hookspec
def restrict_sharing(question: SharingQuestion) -> Restriction | None:
    """
    Must this item be withheld from this reader (R29, R30)?

    Asked by results, records and appointments. Every answer counts: no organisation can lift what another has
    restricted. If nobody answers, the regional default holds: home-care visits and their notes are withheld, all else
    is shown. An error withholds the item.
    """
