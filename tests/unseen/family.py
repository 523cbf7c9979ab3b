"""Random families, and what each of them may see by the rules as they are written: without a line of what is tested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from .things import GP, HOME_CARE, HOSPITAL, KINDS, TOWN, WITH_VISIT_TYPE, Thing

MOMENT = timedelta(minutes=1)
OSLO = ZoneInfo("Europe/Oslo")
CARE = ("appointments", "medications", "records", "results")
LEVELS = {"read": set(CARE), "communicate": {"appointments"}, "full": set(CARE)}
PARENTS, OTHERS = ("mother", "father"), ("friend", "relative", "guardian")
MANDATE = {"appointments"}
"""What a guardian's mandate of the register lets them see of what is here."""
HIDDEN_FROM_PARENTS, HIDDEN_FROM_YOUTH = "NORN_FORANS", "NORN_UNGDOM"


@dataclass(frozen=True)
class Parent:
    """Whether they have responsibility and live where the child does, have asked to act for it, and what came then."""

    holder: bool
    at_home: bool
    asked: bool = True
    fate: str = ""

    def later(self):
        """As the register has them when it is looked."""
        away = self.fate in {"moved", "protected"}
        return replace(self, holder=self.holder and self.fate != "lost", at_home=self.at_home and not away)


@dataclass(frozen=True)
class Trust:
    """What an adult lets a friend do, staff a relative, or the register a guardian: how much, and what became of it."""

    level: str
    areas: tuple[str, ...] = ()
    fate: str = ""

    @property
    def held(self):
        return MANDATE if self.level == "mandate" else LEVELS.get(self.level, set(self.areas))


@dataclass(frozen=True)
class Family:
    """
    A citizen, who may act for them, and what there is about them.

    Everything is arranged a day before `now`, and looked at by `viewer` at `now`; `protected` are those whose address
    comes to be that between the two.
    """

    born: date
    now: datetime
    viewer: str
    mother: Parent
    father: Parent
    friend: Trust | None
    relative: Trust | None
    things: tuple[Thing, ...]
    limit: int
    protected: bool = False
    guardian: Trust | None = None

    @property
    def before(self):
        return self.now - timedelta(days=1)

    @property
    def asked_at(self):
        return self.before + MOMENT

    def is_shown_more_by(self, later):
        """Whether the one who looks has turned 16 by then: what a code has hidden from the young is theirs to see."""
        return self.viewer == "self" and self.age(self.now) < OF_AGE <= self.age(later)

    def age(self, at):
        """Full years: each is full at midnight in Oslo."""
        today = at.astimezone(OSLO).date()
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))

    def could_ask(self, who):
        """Whether the portal should say yes to this one when all is arranged."""
        if who in PARENTS:
            one = getattr(self, who)
            lives = any(each.holder and each.at_home for each in (self.mother, self.father))
            return one.holder and lives and self.age(self.asked_at) < 16
        return self.age(self.asked_at) >= (18 if who == "guardian" else 16)

    def areas(self, who, at):
        """In which areas this one may see at a moment, and on what ground; nothing for who may not."""
        if who == "self":
            return "self", set(CARE)
        if who in PARENTS:
            return "parental", self._of_parent(who, at)
        trust = getattr(self, who)
        if trust is None or trust.fate or self.protected or self.age(at) < 16 or not self.could_ask(who):
            return "other", set()
        return "other", trust.held

    def _of_parent(self, who, at):
        asked, now = getattr(self, who), [one.later() for one in (self.mother, self.father)]
        holds = getattr(self, who).later()
        fit = asked.asked and asked.fate not in {"gave up", "protected"} and not self.protected and self.could_ask(who)
        if not fit or not holds.holder or not any(one.holder and one.at_home for one in now) or self.age(at) >= 16:
            return set()
        return set(CARE) if self.age(at) < 12 else {"appointments"}

    def may_see(self, who, thing, at=None):
        """Whether the rules let this one see this thing."""
        at = at or self.now
        ground, areas = self.areas(who, at)
        parent, young = ground == "parental", self.age(at) < 16
        return not (
            not KINDS[thing.kind] <= areas
            or (thing.old and thing.kind != "vaccine")
            or (thing.visit_type == HOME_CARE)
            or (parent and self.age(at) >= 12 and thing.organisation == HOSPITAL)
            or (parent and thing.limit == HIDDEN_FROM_PARENTS)
            or (who == "self" and young and thing.limit == HIDDEN_FROM_YOUTH)
            or self._is_shielded(who, ground, thing)
        )

    def _is_shielded(self, who, ground, thing):
        if who == "self" or thing.shield_state == "lifted" or not self.can_hide(thing):
            return False
        return thing.shield in {who, "representatives"} or (thing.shield == "parents" and ground == "parental")

    def can_hide(self, thing):
        """Whether the citizen may hide it from those whom they mean: from twelve on, and from who has asked."""
        asked = thing.shield not in {*PARENTS, *OTHERS} or self.has_asked(thing.shield)
        return bool(thing.shield) and asked and self.age(self.now) >= 12

    def has_asked(self, who):
        """Whether this one comes to act for the citizen, or did."""
        one = getattr(self, who)
        return one is not None and getattr(one, "asked", True) and self.could_ask(who)

    def why_hidden(self, thing):
        """By which rules the viewer must not see it: to count what was tried."""
        ground, areas = self.areas(self.viewer, self.now)
        parent = ground == "parental"
        return {
            "no ground": not areas,
            "area": bool(areas) and not KINDS[thing.kind] <= areas,
            "before go-live": thing.old and thing.kind != "vaccine",
            "home care": thing.visit_type == HOME_CARE,
            "hospital from 12": parent and self.age(self.now) >= 12 and thing.organisation == HOSPITAL,
            "code for parents": parent and thing.limit == HIDDEN_FROM_PARENTS,
            "code for the young": self.viewer == "self" and thing.limit == HIDDEN_FROM_YOUTH,
            f"shield from {'one' if thing.shield in (*PARENTS, *OTHERS) else thing.shield}": bool(thing.shield)
            and self._is_shielded(self.viewer, ground, thing),
        }

    @property
    def asking(self):
        """Who has asked to act for the citizen: whoever looks, and those from whom something is hidden by name."""
        return {self.viewer, *(one.shield for one in self.things)} & {*PARENTS, *OTHERS}

    @property
    def hidden(self):
        """What the viewer must not be able to tell from what is not there."""
        return tuple(one for one in self.things if self._is_hidden(one))

    def _is_hidden(self, thing):
        if self.viewer == "self":
            # It is explained to them, in general words, that rules and dates keep something back.
            return thing.limit == HIDDEN_FROM_YOUTH and self.age(self.now) < OF_AGE
        # A letter about an appointment may be out of reach of who sees the appointment.
        parts = [thing, *([replace(thing, kind="appointment")] if thing.kind == "summons" else [])]
        return not any(self.may_see(self.viewer, one) for one in parts)


NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
DAYS = (NOON, NOON + timedelta(hours=11, minutes=59, seconds=59), NOON + timedelta(hours=12))
"""The latter two are the last moment of a day in Oslo, and the first of the next."""

CODES = (HIDDEN_FROM_PARENTS, HIDDEN_FROM_YOUTH)
SHIELDS = ("parents", "representatives", "staff", *PARENTS, *OTHERS)
ENDS = ("lost", "moved", "protected", "gave up")
OF_AGE = 16
SELDOM = 0.06
WAYS = ("plain", "rule", "old", "old", "limit", "limit", "limit", "shield", "shield", "shield", "shield")


def families(*, codes=CODES, shields=SHIELDS):
    """Most of them have somebody who looks and may, and something that is hidden from them."""
    return st.randoms(use_true_random=True).map(lambda chance: _family(chance, codes, shields))


def _family(chance, codes, shields):
    now = chance.choice(DAYS)
    years = chance.choice((3, 12, 12, 13, 14, 15, 16, 16, 17, 40))
    since = chance.choice((-1, 0, 1, 100, 100))  # days since the last birthday
    today = now.astimezone(OSLO).date() - timedelta(days=since)
    born = today.replace(year=today.year - years)
    young = years - (since < 0) < OF_AGE
    viewer = chance.choice((*PARENTS, "self") if young else (*OTHERS, *OTHERS, "mother"))
    from_them = [one for one in shields if one not in (set(OTHERS) if young else {"parents", *PARENTS})]
    from_viewer = [one for one in from_them if one in {viewer, "parents", "representatives"}]
    ways = chance.choices(WAYS, k=chance.randint(1, 4))
    return Family(
        born=born,
        now=now,
        viewer=viewer,
        mother=_parent(chance),
        father=_parent(chance),
        friend=_trust(chance),
        relative=_trust(chance),
        things=tuple(
            _thing(chance, place, how, codes, from_them if place % 2 else from_viewer) for place, how in enumerate(ways)
        ),
        limit=chance.choice((1, 2, 100)),
        protected=chance.random() < SELDOM / 2,
        guardian=Trust("mandate", fate=chance.choice(("ended", "expired")) if chance.random() < SELDOM * 2 else ""),
    )


def _parent(chance):
    fate = chance.choice(ENDS) if chance.random() < SELDOM * 3 else ""
    return Parent(chance.random() > SELDOM, chance.random() > SELDOM * 2, chance.random() > SELDOM, fate)


def _trust(chance):
    areas = tuple(sorted(chance.sample(CARE, chance.randint(1, len(CARE)))))
    fate = chance.choice(("waits", "ended", "expired")) if chance.random() < SELDOM * 2 else ""
    return Trust(chance.choice((*LEVELS, "full", "areas", "areas")), areas, fate)


def _thing(chance, place, how, codes, shields):
    """One thing, hidden in a way or not at all."""
    if how == "rule":
        return Thing(chance.choice(sorted(WITH_VISIT_TYPE)), TOWN, place, visit_type=HOME_CARE)
    one = Thing(chance.choice(sorted(KINDS)), chance.choice((GP, GP, TOWN, HOSPITAL)), place)
    if how == "old" and not one.is_to_come:
        return replace(one, old=True)
    if how == "limit" and codes:
        return replace(one, limit=chance.choice(codes))
    if how == "shield" and shields:
        state = chance.choice(("", "", "", "confirmed", "declined", "lifted"))
        return replace(one, shield=chance.choice(shields), shield_state=state)
    return one
