"""Every hook whose answers a rehearsal compares, in a clinic manager's words: what is seen comes first."""

from helsami_sdk.rehearsal.cases import Topic
from helsami_sdk.rehearsal.topics.booking import Booking
from helsami_sdk.rehearsal.topics.delegation import DELEGATION
from helsami_sdk.rehearsal.topics.history import History
from helsami_sdk.rehearsal.topics.messages import CASES, RECIPIENTS, ROUTES
from helsami_sdk.rehearsal.topics.papers import FORMS, INBOUND, LETTERS
from helsami_sdk.rehearsal.topics.phones import Phones
from helsami_sdk.rehearsal.topics.results import Results
from helsami_sdk.rehearsal.topics.sharing import Sharing
from helsami_sdk.rehearsal.topics.times import Times
from helsami_sdk.rehearsal.topics.waiting import CHECK_IN, ORDER, TERMS

TOPICS: tuple[Topic, ...] = (
    Sharing(),
    DELEGATION,
    History(),
    Results(),
    FORMS,
    Booking(),
    Times(),
    TERMS,
    ORDER,
    CHECK_IN,
    RECIPIENTS,
    ROUTES,
    CASES,
    LETTERS,
    Phones(),
    INBOUND,
)
