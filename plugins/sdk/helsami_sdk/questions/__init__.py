"""What an organisation is asked: facts and codes, the time of asking, and never an identity."""

from collections.abc import Mapping
from types import MappingProxyType

from helsami_sdk.questions.booking import ACTIONS, BookingQuestion, CheckInQuestion, SlotChoice, SlotsQuestion
from helsami_sdk.questions.delivery import CHANNELS, LETTER_RECIPIENTS, DeliveryQuestion
from helsami_sdk.questions.forms import CASE_KINDS, MAIL_RECEPTION, CaseQuestion, FormQuestion
from helsami_sdk.questions.inbound import CodedFact, InboundQuestion
from helsami_sdk.questions.messages import (
    DUTY_INBOX,
    RECIPIENT_KINDS,
    MessageQuestion,
    Recipient,
    RecipientsQuestion,
)
from helsami_sdk.questions.people import AGE_BANDS, READERS
from helsami_sdk.questions.sharing import (
    BASES,
    HOME_CARE_VISIT,
    HOME_MEETINGS,
    KINDS,
    SCOPES,
    SETTINGS,
    DelegationQuestion,
    ResultQuestion,
    SharingQuestion,
)
from helsami_sdk.questions.waitlist import RankingQuestion, Waiting, WaitlistQuestion

__all__ = [
    "ACTIONS",
    "AGE_BANDS",
    "BASES",
    "CASE_KINDS",
    "CHANNELS",
    "DUTY_INBOX",
    "HOME_CARE_VISIT",
    "HOME_MEETINGS",
    "KINDS",
    "LETTER_RECIPIENTS",
    "MAIL_RECEPTION",
    "QUESTIONS",
    "READERS",
    "RECIPIENT_KINDS",
    "SCOPES",
    "SETTINGS",
    "BookingQuestion",
    "CaseQuestion",
    "CheckInQuestion",
    "CodedFact",
    "DelegationQuestion",
    "DeliveryQuestion",
    "FormQuestion",
    "InboundQuestion",
    "MessageQuestion",
    "RankingQuestion",
    "Recipient",
    "RecipientsQuestion",
    "ResultQuestion",
    "SharingQuestion",
    "SlotChoice",
    "SlotsQuestion",
    "Waiting",
    "WaitlistQuestion",
]

QUESTIONS: Mapping[str, type] = MappingProxyType(
    {
        "decide_booking": BookingQuestion,
        "restrict_slots": SlotsQuestion,
        "choose_waitlist_terms": WaitlistQuestion,
        "rank_waitlist": RankingQuestion,
        "choose_check_in": CheckInQuestion,
        "list_recipients": RecipientsQuestion,
        "route_message": MessageQuestion,
        "route_case": CaseQuestion,
        "classify_result": ResultQuestion,
        "restrict_sharing": SharingQuestion,
        "limit_delegation": DelegationQuestion,
        "choose_form_window": FormQuestion,
        "plan_delivery": DeliveryQuestion,
        "translate_inbound": InboundQuestion,
    },
)
