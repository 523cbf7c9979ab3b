"""Forms, letters and what comes in from other systems."""

from collections.abc import Iterator
from itertools import product

from helsami_sdk.answers import DeliveryPlan, FormWindow, Translation
from helsami_sdk.questions import CHANNELS, CodedFact, DeliveryQuestion, FormQuestion, InboundQuestion
from helsami_sdk.rehearsal.cases import Case, Change, Outcome
from helsami_sdk.rehearsal.corpus import NOW, Corpus
from helsami_sdk.rehearsal.topics.plain import Plain
from helsami_sdk.rehearsal.wording import listed, many, plain, verb

_REACHED_BY = (CHANNELS, CHANNELS - {"digipost"}, CHANNELS - {"helsenorge", "digipost"}, frozenset({"post"}))


def _answered(corpus: Corpus) -> Iterator[Case]:
    for kind in ("", *sorted(corpus.words["form"])):
        for number, meeting in enumerate(corpus.appointments):
            question = FormQuestion(kind, meeting.unit, meeting.citizen.age_band)
            example = f"a form of {meeting.citizen.name} ({meeting.citizen.age})"
            yield Case(question, "form", f"{kind} {number}", plain(kind) or "any other form", example=example)


def _window(_case: Case, answer: FormWindow) -> Outcome:
    words = f"shown for {many(answer.shown_days, 'day')} after it is answered"
    return Outcome(f"{answer.shown_days}", words, answer.shown_days)


def _window_sentence(change: Change) -> str:
    forms, days = many(change.count, "answered form"), many(int(change.after.short), "day")
    return f"{forms} {verb(change.count, 'is', 'are')} shown for {days} instead of {change.before.short}."


def _letters(corpus: Corpus) -> Iterator[Case]:
    kinds = ("", *sorted(corpus.words["letter"]))
    everything = product(kinds, (True, False), ("main", "copy"), enumerate(corpus.citizens[:60]))
    for kind, decision, recipient, (number, citizen) in everything:
        channels = _REACHED_BY[number % len(_REACHED_BY)]
        question = DeliveryQuestion(kind, decision, channels, recipient)
        letter = "decision" if decision else plain(kind) or "letter"
        one = f"{kind} {decision} {recipient} {number}"
        copy = "a copy, " if recipient == "copy" else ""
        what = f"{copy}reached by {listed(sorted(channels), len(channels))}"
        yield Case(question, letter, one, what, example=f"{citizen.name} ({citizen.age})")


def _plan(_case: Case, answer: DeliveryPlan) -> Outcome:
    told = [listed(sorted(step.channels), len(step.channels)) for step in answer.steps]
    waits = [many(step.opened_within_days, "working day") for step in answer.steps[:-1]]
    later = [f"after {wait} unopened {step}" for wait, step in zip(waits, told[1:], strict=True)]
    return Outcome("", ", ".join([told[0], *later]))


def _plan_sentence(change: Change) -> str:
    return f"{many(change.count, change.thing)} {verb(change.count, 'is', 'are')} delivered another way."


def _entries(corpus: Corpus) -> Iterator[Case]:
    words = corpus.words
    facts = product(
        ("Encounter", "Appointment", *sorted(words["resource"])),
        ("Encounter.type", *sorted(words["element"])),
        ("", *sorted(words["system"])),
        ("unknown", *sorted(words["inbound"])),
    )
    for number, (resource, element, system, code) in enumerate(facts):
        question = InboundQuestion(resource, (CodedFact("fact", element, system, code),), NOW)
        yield Case(question, "entry", f"{number}", f"{resource.lower()} with code {code}")


def _translation(_case: Case, answer: Translation) -> Outcome:
    if answer.quarantine:
        return Outcome("quarantine", f"set aside for a person ({plain(answer.quarantine)})")
    if not answer.meanings:
        return Outcome("taken in", "taken in as it is")
    return Outcome("taken in", f"taken in as {listed([plain(one.code) for one in answer.meanings])}")


def _translation_sentence(change: Change) -> str:
    kinds = many(change.count, "kind of entry", "kinds of entries")
    if change.before.short == change.after.short:
        return f"{kinds} {verb(change.count, 'means', 'mean')} something else when taken in."
    becomes = "set aside for a person" if change.after.short == "quarantine" else "taken in without a person"
    return f"{kinds} {verb(change.count, 'is', 'are')} {becomes}."


FORMS = Plain("How long answered forms are shown", "choose_form_window", _answered, _window, _window_sentence)
LETTERS = Plain("How letters are delivered", "plan_delivery", _letters, _plan, _plan_sentence)
INBOUND = Plain("What comes in from other systems", "translate_inbound", _entries, _translation, _translation_sentence)
