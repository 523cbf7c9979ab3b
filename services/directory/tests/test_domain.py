"""What is believed of a person, whoever says what, in any order."""

from dataclasses import fields
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from helsami_directory.domain import Facts, Told, Word

DATES = st.none() | st.dates()
FLAGS = st.none() | st.booleans()
TOLD = st.builds(
    Told,
    name=st.none() | st.text(min_size=1),
    birth_date=DATES,
    language=st.none() | st.sampled_from(["nb", "nn", "en"]),
    protected=FLAGS,
    deceased=FLAGS,
    death_date=DATES,
)
FACTS = st.builds(Facts, name=st.text(), birth_date=DATES, protected=st.booleans(), deceased=st.booleans())


@given(FACTS, TOLD, st.booleans(), st.booleans())
def test_a_transfer_erases_neither_name_nor_birth_date_nor_language(facts, told, protected, deceased):
    after = facts.after(told, [Word(protected, deceased)])

    for name in ("name", "birth_date", "language"):
        given_now, before = getattr(told, name), getattr(facts, name)
        assert getattr(after, name) == (before if given_now is None else given_now)


@given(FACTS)
def test_silence_changes_nothing(facts):
    assert facts.after(Told(death_date=None), [Word(facts.protected, facts.deceased)]) == Facts(
        **{field.name: getattr(facts, field.name) for field in fields(facts)}
    )


@given(FACTS, TOLD, st.lists(st.builds(Word, st.booleans(), st.booleans())))
def test_one_record_that_says_protected_is_enough(facts, told, words):
    assert facts.after(told, words).protected == any(word.protected for word in words)


def test_only_the_record_that_said_protected_takes_it_back():
    municipality = Word().after(Told(protected=True))
    hospital = Word().after(Told(protected=False))

    assert Facts().after(Told(), [municipality, hospital]).protected
    assert not Facts(protected=True).after(Told(), [municipality.after(Told(protected=False)), hospital]).protected


def test_a_record_that_is_silent_does_not_take_its_word_back():
    assert Word(protected=True, deceased=True).after(Told(name="Modig Fjell")) == Word(protected=True, deceased=True)


def test_whoever_was_declared_dead_in_error_has_no_date_of_death():
    dead = Facts().after(Told(deceased=True, death_date=date(2026, 1, 2)), [Word(deceased=True)])

    assert dead.death_date == date(2026, 1, 2)
    assert dead.after(Told(deceased=False), [Word()]) == Facts()
