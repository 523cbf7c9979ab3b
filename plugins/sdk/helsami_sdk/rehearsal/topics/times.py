"""Which free times are offered."""

from collections.abc import Iterator
from dataclasses import replace

from helsami_sdk.questions import SlotChoice, SlotsQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import NOW, Corpus
from helsami_sdk.rehearsal.wording import WHO, ahead, many, plain, reader, verb
from helsami_sdk.rules import Rules


class Times:
    """Free times that are offered, or no longer."""

    title = "Which free times are offered"
    together = False

    def cases(self, corpus: Corpus) -> Iterator[Case]:
        """Every free time, for each who might take it."""
        for times in corpus.free:
            for actor, age_band in WHO:
                question = SlotsQuestion(times, NOW, actor, age_band)
                yield from (_case(time, question) for time in times)

    def outcome(self, rules: Rules, case: Case) -> Outcome:
        """Offered, or not."""
        offered = case.one in rules.restrict_slots(case.question)
        return Outcome("offered", "offered") if offered else Outcome("not offered", "not offered")

    def others(self, case: Case) -> Iterator[tuple[str, SlotsQuestion]]:
        """The same times, for somebody else."""
        yield from ((reader(*who), replace(case.question, actor=who[0], age_band=who[1])) for who in WHO)

    def sentence(self, change: Change) -> str:
        """Say how many times are offered or no longer."""
        times, are = many(change.count, "free time"), verb(change.count, "is", "are")
        who = f" to {change.who}" if change.who else ""
        return f"{times} {are} {'now' if change.after.short == 'offered' else 'no longer'} offered{who}."


def _case(time: SlotChoice, question: SlotsQuestion) -> Case:
    when = f"{plain(time.visit_type)}, {ahead(time.starts_at - NOW)} from now"
    return Case(question, "time", time.id, plain(time.visit_type), example=when)
