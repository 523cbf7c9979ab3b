"""Which number citizens are asked to phone."""

from collections.abc import Iterator

from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import Corpus
from helsami_sdk.rehearsal.wording import many, plain, verb
from helsami_sdk.rules import Rules


class Phones:
    """Numbers that change; every appointment has one, whatever else may be done with it."""

    title = "Whom to phone"
    together = False

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """The number for every appointment to come."""
        for meeting in corpus.appointments:
            what = plain(meeting.unit) or "the organisation's own number"
            yield Case(meeting.unit, "appointment", f"{meeting.id}", what)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """The unit's number, or the organisation's."""
        return Outcome("", rules.manifest.phone_of(case.question) or "no number")

    def others(self, case: Case) -> Iterator[tuple[str, str]]:  # noqa: ARG002  the topic's shape
        """None: a number is everybody's."""
        yield from ()

    def sentence(self, change: Change) -> str:
        """Say how many appointments have another number."""
        return f"{many(change.count, 'appointment')} {verb(change.count, 'has', 'have')} another number to phone."
