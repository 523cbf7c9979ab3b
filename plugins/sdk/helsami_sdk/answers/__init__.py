"""What an organisation may answer; an answer that makes no sense cannot be built."""

from helsami_sdk.answers.booking import BookingDecision, CheckIn, Tier
from helsami_sdk.answers.codes import is_code
from helsami_sdk.answers.delivery import DeliveryPlan, DeliveryStep
from helsami_sdk.answers.forms import CaseRoute, FormWindow
from helsami_sdk.answers.inbound import Meaning, Translation
from helsami_sdk.answers.messages import Reachable, Recipients, Route, Stop
from helsami_sdk.answers.sharing import LONGEST_REVIEW_DAYS, REVIEW_DAYS, Release, Restriction, ResultClass
from helsami_sdk.answers.waitlist import MATCH_KEYS, QuietHours, WaitlistTerms

__all__ = [
    "LONGEST_REVIEW_DAYS",
    "MATCH_KEYS",
    "REVIEW_DAYS",
    "BookingDecision",
    "CaseRoute",
    "CheckIn",
    "DeliveryPlan",
    "DeliveryStep",
    "FormWindow",
    "Meaning",
    "QuietHours",
    "Reachable",
    "Recipients",
    "Release",
    "Restriction",
    "ResultClass",
    "Route",
    "Stop",
    "Tier",
    "Translation",
    "WaitlistTerms",
    "is_code",
]
