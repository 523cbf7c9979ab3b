"""Where the lives of the model begin."""

import shutil
from types import SimpleNamespace

import pytest

from helsami_kernel.testing import MovableClock

from .model import HOURS, NOW, UNDER_AGE, Model
from .mortal import Mortal, token_of

BEGINNING = (("c1", 5, True), ("c2", 4, True), ("c3", 2, True), ("c1", 1, False), ("c3", 0, False))
"""Who has which slot when a life begins, and whether they wait for an earlier one; about the last it is asked."""


@pytest.fixture
def template(templates, tmp_path, journal_of):
    """A database in which lives begin: where it is, and what the model expects of it."""
    path = shutil.copy(templates.file("appointments"), tmp_path / "template.db")
    clock = MovableClock(NOW)
    mortal = Mortal(path, clock)
    journal = journal_of(mortal.service)
    journal.schedule("s1", "lege-1")
    journal.schedule("s2", "lege-2")
    model = Model([journal.slot(f"t{n}", at, schedule=f"s{1 + (n == 3)}") for n, at in enumerate(HOURS)], clock)
    for citizen, slot, waits in BEGINNING:
        _, booked = mortal.outcome("book", {"slot": model.ids[slot], "waitlist": waits}, token_of(citizen))
        model.booked(booked["id"], citizen, slot, waits=waits)
    of_a_child = booked["id"]
    for action in ("change", "cancel"):
        _, asked = mortal.outcome("ask", {"appointment": of_a_child, "action": action}, token_of(UNDER_AGE))
        model.ask(asked["id"], of_a_child, UNDER_AGE, action)
    mortal.close()
    return SimpleNamespace(path=path, model=model)
