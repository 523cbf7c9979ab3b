"""
What is hidden from somebody cannot be told from what never was, whatever they look at or try (R69, K23, issue 5).

Two worlds are alike but for what is hidden from one who looks: all that they are answered is compared, to the byte.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from harness.still import still

from .doing import attempts, done, of_oneself
from .family import NOON, Family, Parent, Trust, families
from .looking import SHARES, Looking, Routes, ids_of, marks
from .stage import SUBJECT, TEMPLATE_MADE, Stage, comes_late
from .things import GP, HOSPITAL, KINDS, Thing

QUICK, EXAMPLES, PARTS = 20, 40, 50
HALVES = (pytest.mark.apart("even parts"), pytest.mark.apart("odd parts"))
TRIES = st.randoms(use_true_random=True).map(
    lambda chance: tuple(chance.randrange(10_000) for _ in range(chance.choice((0, 0, 1, 3))))
)
LATER = timedelta(days=2, hours=1)
WHY = (
    *("no ground", "area", "before go-live", "home care", "hospital from 12", "code for parents", "code for the young"),
    *("shield from one", "shield from parents", "shield from representatives"),
)
FATES = ("lost", "moved", "protected", "gave up", "waits", "ended", "expired")
SHIELDED = ("as hidden", "confirmed", "declined", "lifted")
OFTEN = (*WHY, *(f"a hidden {kind}" for kind in KINDS), *FATES, *SHIELDED, "everything seen", "tried")
"""What each run must have come across: by what rule something is hidden, what that is, and what became of a ground."""



@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with still(tmp_path_factory.mktemp("still"), TEMPLATE_MADE) as portal:
        yield Stage(portal)


@pytest.fixture(scope="module")
def routes(stage):
    return Routes.of(stage.portal)


class Twins:
    """A world with everything, and the same one without what is hidden from who looks."""

    def __init__(self, stage, routes, family) -> None:
        self.stage, self.portal, self.routes, self.family = stage, stage.portal, routes, family
        self.beginning = stage.arrange(family)
        self.late = [one for one in family.things if one not in family.hidden and comes_late(one)]

    def both(self, act):
        """What comes of the same in each of them."""
        answers = []
        for hidden in (self.family.hidden, ()):
            self.portal.restore(self.beginning)
            self.portal.clock.move_to(self.family.now)
            for things in (hidden, self.late):
                self.stage.deliver(self.family, things)
                self.stage.shield(self.family, things)
            answers.append(act(bool(hidden)))
        return answers


class Visit:
    """One who comes to see, tries something, and comes again later."""

    def __init__(self, twins, share, tries) -> None:
        self.twins, self.family, self.stage, self.portal = twins, twins.family, twins.stage, twins.portal
        self.share, self.tries = share, tries
        self.ids = None

    def __call__(self, _):
        """All that they are answered, by the request."""
        if self.ids is None:
            self.ids = ids_of(self.portal, self.stage.ids[SUBJECT])
        answers = self.look(self.share)
        some = self.share or 0
        if self.tries:
            answers |= self.act()
            answers |= {f"then {asked}": answer for asked, answer in self.look(some).items()}
            if not self.family.is_shown_more_by(self.family.now + LATER):
                self.portal.move_to(self.family.now + LATER)
                answers |= {f"later {asked}": answer for asked, answer in self.look(some).items()}
        return answers

    def look(self, share):
        viewer = self.family.viewer
        headers, own = (self.stage.headers(viewer, self.family, acts=acts) for acts in (True, False))
        routes = self.twins.routes.some(share)
        limit = self.family.limit
        looking = Looking(self.portal, routes, self.portal.clock(), limit, self.stage.feed)
        return looking.everything(self.ids, headers, own)

    def act(self):
        headers, own = (self.stage.headers(self.family.viewer, self.family, acts=acts) for acts in (True, False))
        times = [2 * one.place for one in self.family.hidden if one.is_to_come]
        routes = self.twins.routes
        possible = [*attempts(routes, self.ids, headers, times), *of_oneself(routes, self.ids, own)]
        tried = [possible[number % len(possible)] for number in self.tries]
        REACHED.update(name for name, _ in tried)
        return done(self.portal, tried)


REACHED = Counter()
"""What all parts that were run have come across."""



def differences(one, other):
    """Where answers are not the same."""
    asked = dict.fromkeys([*one, *other])
    return "\n".join(
        f"{name}\n  with:    {_told(one.get(name))}\n  without: {_told(other.get(name))}"
        for name in asked
        if one.get(name) != other.get(name)
    )


def _told(answer):
    if answer is None:
        return "was not asked"
    return f"{answer.status} {dict(answer.headers)} {answer.body.decode(errors='replace')}"


def compare(stage, routes, family, share, tries):
    """Look and act in both worlds; nothing tells them apart, and nobody sees what they must not."""
    twins = Twins(stage, routes, family)
    visit = Visit(twins, share, tries)
    full, without = twins.both(visit)

    told = differences(full, without)
    assert not told, f"{family.viewer} can tell\n{told}"
    seen, allowed = marks(full), {one.mark for one in family.things if family.may_see(family.viewer, one)}
    assert seen <= allowed
    if share is None and not tries:
        assert seen == allowed
    for thing in family.hidden:
        REACHED[f"a hidden {thing.kind}"] += 1
        REACHED.update(why for why, so in family.why_hidden(thing).items() if so)
    REACHED.update(one.shield_state or "as hidden" for one in family.things if one.shield and family.can_hide(one))
    REACHED.update([getattr(getattr(family, family.viewer, None), "fate", "")])
    REACHED.update(["everything seen"] * (bool(allowed) and seen == allowed) + ["tried"] * bool(tries))


def check(part, stage, routes, examples, shares):
    """Some families: few at a time, since a part that takes minutes is taken for one that hangs."""

    @seed(part)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # to make a failure smaller would take minutes
    )
    @given(families(), st.sampled_from(shares), TRIES)
    def everybody(family, share, tries):
        compare(stage, routes, family, share, tries)

    everybody()


def test_every_route_that_citizens_have_is_looked_at(routes):
    assert list(routes.unknown()) == []
    assert (len(routes.looks) >= 34, len(routes.commands) >= 17) == (True, True)


@pytest.mark.parametrize("part", ["a", "b"])
def test_what_is_hidden_cannot_be_told_from_what_never_was(part, stage, routes):
    check(part, stage, routes, QUICK, range(SHARES))


TRUSTED = Trust("full")
PARENT = Parent(holder=True, at_home=True)
ADULT = Family(
    born=date(1990, 1, 2),
    now=NOON,
    viewer="friend",
    mother=PARENT,
    father=PARENT,
    friend=TRUSTED,
    relative=TRUSTED,
    things=(Thing("appointment", HOSPITAL, 0, shield="representatives"), Thing("appointment", GP, 2)),
    limit=2,
)
BUSY = {
    "a representative": ADULT,
    "a parent": replace(
        ADULT,
        born=date(2013, 1, 2),
        viewer="mother",
        things=(
            Thing("appointment", HOSPITAL, 0, limit="NORN_FORANS"),
            Thing("appointment", GP, 1, limit="NORN_FORANS"),
            Thing("task", GP, 2),
        ),
    ),
}


@pytest.mark.parametrize("who", BUSY)
def test_whoever_books_moves_and_waits_where_something_is_hidden_is_answered_as_where_nothing_is(who, stage, routes):
    class Busy(Visit):
        def act(self):
            headers = self.stage.headers(self.family.viewer, self.family)
            times = [2 * one.place for one in self.family.hidden]
            possible = list(attempts(self.twins.routes, self.ids, headers, times))
            over = [one for one in possible if "slot" in one[0] or one[0].endswith(("/appointments", "/move"))]
            return done(self.portal, over[:12] + [one for one in possible if one not in over][::3][:25] + over[:6])

    twins = Twins(stage, routes, BUSY[who])
    full, without = twins.both(Busy(twins, 0, (1,)))

    assert differences(full, without) == ""
    booked = [answer.status for asked, answer in full.items() if asked.endswith("POST /api/v1/appointments")]
    assert 201 in booked


@pytest.mark.parametrize("who", ["self", "mother"])
def test_whoever_does_all_for_oneself_is_answered_as_where_nothing_is_hidden(who, stage, routes):
    class OfOneself(Visit):
        def act(self):
            own = self.stage.headers(self.family.viewer, self.family, acts=False)
            return done(self.portal, of_oneself(self.twins.routes, self.ids, own))

    limit = "NORN_UNGDOM" if who == "self" else "NORN_FORANS"
    things = (Thing("appointment", GP, 0, limit=limit), Thing("referral", GP, 2, limit=limit), Thing("task", GP, 3))
    twins = Twins(stage, routes, replace(BUSY["a parent"], viewer=who, things=things))
    full, without = twins.both(OfOneself(twins, 0, (1,)))

    assert differences(full, without) == ""
    feeds = {answer.status for asked, answer in full.items() if ".ics" in asked}
    hidden = {answer.status for asked, answer in full.items() if asked.endswith("POST /api/v1/shields")}
    assert (feeds, hidden) == (({200}, {201, 404}) if who == "self" else ({404}, {404}))


SHAPES = {
    "in a report": Thing("finding", GP, 0, shield="representatives"),
    "in a report that is corrected": Thing("finding", GP, 1, shield="representatives"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_hidden_stays_so_in_whatever_shape_it_comes_later(shape, stage, routes):
    family = replace(ADULT, things=(SHAPES[shape], Thing("result", GP, 2)))

    twins, told = Twins(stage, routes, family), []
    visit = Visit(twins, 0, ())

    def look(*world):
        told.append(len(stage.done("GET", "/api/v1/notices?limit=100", "self", family)["items"]))
        return visit(*world)

    full, without = twins.both(look)

    assert differences(full, without) == ""
    assert told[0] >= told[1] + 2


def test_every_rule_that_hides_was_come_across(stage, routes):
    assert [each for each in WHY if REACHED[each] == 0] == []


@pytest.mark.system_long
@pytest.mark.parametrize("part", [pytest.param(one, marks=HALVES[one % 2]) for one in range(PARTS)])
def test_what_is_hidden_cannot_be_told_from_what_never_was_two_thousand_times(part, stage, routes):
    check(part, stage, routes, EXAMPLES, [None, *range(SHARES)])


@pytest.mark.system_long
@pytest.mark.parametrize("half", [pytest.param(number, marks=half) for number, half in enumerate(HALVES)])
def test_everything_was_come_across(half, stage, routes):
    assert [each for each in OFTEN if REACHED[each] < PARTS * EXAMPLES / 1000] == []

