"""What the directory answers about the register's facts, and when it asks the register."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from helsami_directory import schemas
from helsami_directory.domain import Citizen
from helsami_directory.identity import Identity, Sealed
from helsami_directory.register import schemas as own
from helsami_directory.register.belief import Registered
from helsami_directory.register.birthdays import SOON, Turned16, Turning16Soon, moment_of
from helsami_directory.register.domain import Changes, Entry, Said, is_fresh, is_usable
from helsami_directory.register.port import PopulationRegister
from helsami_directory.register.storage import ASK_AGAIN, TELL_OF_BIRTHDAY, Reads, Writes
from helsami_kernel import Obligation, every, fulfils, logs, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden, Unavailable, load
from helsami_kernel.store import OpenStore
from helsami_sdk.rules import REGION

ASKED_AGAIN_AFTER: Final = timedelta(seconds=10)
FOLLOWED_EVERY: Final = timedelta(seconds=15)
"""Between two questions to the register's feed; it takes no more than this and a moment for a change to be heeded."""

MOST_TURNS: Final = 3
"""How often one is asked about in a row who changes while the register answers."""

MOST_PAGES: Final = 20
"""How much of the feed is heeded in one turn: twenty thousand changes, about a day's in the whole country."""


@dataclass(frozen=True, slots=True)
class Answers:
    """
    What the register answered about some citizens and who has responsibility for them; None of whom it lacks.

    `holders` are those who have, and guardians. `asked_at` is from before the register was asked: what has happened
    since is not in it.
    """

    entries: Mapping[str, Entry | None]
    holders: frozenset[str]
    asked_at: datetime


NO_ANSWERS: Final = Answers({}, frozenset(), datetime.min.replace(tzinfo=UTC))


class RegisterFacts:
    """Part of the directory: what the population register says, asked before it is too old to decide by."""

    store: OpenStore[Reads, Writes]
    identity: Identity
    population: PopulationRegister
    clock: Callable[[], datetime]

    @rpc(scope="directory:facts", answers=schemas.FactsFound)
    def facts(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """
        What decides whether these people may represent or be represented; who is not known is absent.

        Raises Unavailable when the register is away and its last word too old to decide by.
        """
        return {"facts": [_fact(one) for one in self.renewed(load(schemas.FactsOf, command)["citizens"])]}

    @rpc(scope="organisations:manage", answers=own.Taken)
    def register_changed(self, command: object, access: AccessToken) -> dict[str, Any]:
        """
        The register's feed names people of whom it says something else now: it holds from the next question on.

        Raises Forbidden for whoever does not run the region.
        """
        changed = load(own.RegisterChanged, command)["national_ids"]
        if access.organisation != REGION:
            raise Forbidden("operators-only")
        known = self._known(changed)
        with self.store.transaction(None) as tx:
            key = _outdate(tx, known)
        self._ask_now(known, key)
        return {"known": len(known)}

    @every(FOLLOWED_EVERY)
    def follow_register(self) -> None:
        """
        Heed what the register's feed says has changed since it was last asked: it holds from the next question on.

        How far it was heeded is stored with what it outdated, so that nothing is passed over by who stops in between,
        and of several processes each page is heeded by one. It is begun anew where that place is another register's, or
        beyond the last change that this one knows of. Raises Unavailable while the feed is away; then the next turn
        goes on from the same place.
        """
        if not self.population.present:
            return
        place = self.store.reading(None).feed_place(self.population.address)
        if place is None:
            self._begin(self.population.latest())
            return
        for _ in range(MOST_PAGES):
            changes = self.population.changes(place)
            if changes.place == place and (latest := self.population.latest()) < place:
                self._begin(latest)
            if changes.place == place or not self._heed(changes, place) or not changes.more:
                return
            place = changes.place

    def _begin(self, latest: int) -> None:
        """Follow the feed from its end on: what was kept before is at most FRESH_FOR old."""
        with self.store.transaction(None) as tx:
            anew = tx.begin_feed(self.population.address, latest)
        if anew:
            logs.incident("register-feed-begun-anew", service="directory")

    def _heed(self, changes: Changes, place: int) -> bool:
        """Ask about those of a page of the feed that are known here; False where another process has the page."""
        known = self._known(changes.national_ids)
        with self.store.transaction(None) as tx:
            if not tx.move_feed(self.population.address, place, changes.place):
                return False
            key = _outdate(tx, known)
        self._ask_now(known, key)
        return True

    def _known(self, national_ids: Iterable[str]) -> list[str]:
        return sorted(self.store.reading(None).ids([self.identity.lookup(each) for each in national_ids]).values())

    def _ask_now(self, citizens: Collection[str], key: str) -> None:
        """Ask about those who were outdated under a key, so that whoever is concerned hears; later where it is away."""
        if not citizens:
            return
        try:
            answers = self.answers(self._national_ids(citizens))
        except Unavailable:
            return
        with self.store.transaction(None) as tx:
            self.keep(tx, answers)
            tx.discharge(ASK_AGAIN, key)

    @fulfils(ASK_AGAIN)
    def ask_again(self, promised: Obligation) -> None:
        """Ask about those of whom the register said something else, where that could not be done at once."""
        self._ask(promised.payload["citizens"])

    def renewed(self, citizens: Collection[str]) -> list[Registered]:
        """
        What the register says of those of these who are known, none of it outdated while it answered.

        Raises Unavailable when it is away, unless what it said last of all of them is still usable.
        """
        for _ in range(MOST_TURNS):
            found = self.store.reading(None).registered(citizens)
            if not self._renew(found):
                return found
        raise Unavailable("register")

    def _renew(self, found: Collection[Registered]) -> bool:
        """
        Ask about those of whom the register has not spoken lately, and whoever has responsibility for them.

        Returns whether there was anything to ask. Raises Unavailable when it is away, unless what it said last of all
        of them is still usable.
        """
        now = self.clock()
        asked_at = {one.id: one.asked_at for one in found}
        asked_at |= {holder.id: holder.asked_at for one in found for holder in one.holders}
        due = sorted(citizen for citizen, moment in asked_at.items() if not is_fresh(moment, now))
        if not due or not self.population.present:
            return False
        try:
            self._ask(due)
        except Unavailable:
            if not all(is_usable(asked_at[citizen], now) for citizen in due):
                raise
            return False
        return True

    @fulfils(TELL_OF_BIRTHDAY)
    def tell_of_birthday(self, promised: Obligation) -> None:
        """Tell a child and who has responsibility for them that it turns sixteen, unless it does so at another time."""
        child, step = promised.payload["child"], promised.payload["step"]
        try:
            answers = self.answers(self._national_ids([child]))
        except Unavailable:
            answers = NO_ANSWERS  # what the register has said last must do
        with self.store.transaction(None) as tx:
            self.keep(tx, answers)
            facts, concerned = tx.concerned(child)
            if facts is None or facts.birth_date is None or moment_of(facts.birth_date, step) != promised.due_at:
                return
            for one in concerned:
                tx.tell_of(one, Turning16Soon(child) if step == SOON else Turned16(child), of=child)

    def _ask(self, citizens: Collection[str]) -> None:
        answers = self.answers(self._national_ids(citizens))
        with self.store.transaction(None) as tx:
            self.keep(tx, answers)

    def _national_ids(self, citizens: Collection[str]) -> list[str]:
        sealed = self.store.reading(None).sealed(citizens) if citizens and self.population.present else {}
        return [self.identity.open(one, citizen) for citizen, one in sealed.items()]

    def answers(self, national_ids: Collection[str]) -> Answers:
        """Ask the register, in two questions at most; outside of any transaction. Raises Unavailable."""
        if not national_ids or not self.population.present:
            return NO_ANSWERS
        asked_at = self.clock()
        known = self.population.people(national_ids)
        holders = frozenset(one for entry in known.values() for one in entry.concerned)
        due = sorted(holders - set(national_ids) - self._fresh(holders))
        about_holders = self.population.people(due) if due else {}
        entries = {each: known.get(each) for each in national_ids} | {each: about_holders.get(each) for each in due}
        return Answers(entries, holders, asked_at)

    def keep(self, tx: Writes, answers: Answers) -> None:
        """Store what was answered and is not overtaken; whoever has responsibility gets an account by that (R6)."""
        # In the order of their hashes, so that two who ask about the same people do not wait for each other.
        by_lookup = {self.identity.lookup(each): each for each in {*answers.entries, *answers.holders}}
        accounts = {by_lookup[lookup]: self._account(tx, lookup, by_lookup[lookup]) for lookup in sorted(by_lookup)}
        for national_id, entry in answers.entries.items():
            said, seal = self._said(accounts, accounts[national_id], entry)
            tx.say(accounts[national_id], said, seal, answers.asked_at)

    def _account(self, tx: Writes, lookup: str, national_id: str) -> Citizen:
        return tx.account(lookup, lambda opened: self.identity.seal(national_id, opened))

    def _said(
        self, accounts: Mapping[str, Citizen], citizen: Citizen, entry: Entry | None
    ) -> tuple[Said, Callable[[], Sealed] | None]:
        """What the register says of a citizen as it is kept, and how their address is sealed where there is one."""
        if entry is None:
            return Said(), None
        address = entry.address
        said = Said(
            known=True,
            name=entry.name,
            birth_date=entry.birth_date,
            protection=entry.protection,
            deceased=entry.deceased,
            death_date=entry.death_date,
            address_token=None if address is None else self.identity.address(address.key),
            holders=frozenset(accounts[holder].id for holder in entry.holders) - {citizen.id},
            guardians=frozenset(replace(each, id=accounts[each.id].id) for each in entry.guardians),
        )
        seal = None if address is None else partial(self.identity.seal_address, address.text, citizen.id)
        return said, seal

    def _fresh(self, national_ids: Collection[str]) -> set[str]:
        by_lookup = {self.identity.lookup(each): each for each in national_ids}
        now = self.clock()
        asked = self.store.reading(None).asked_at(by_lookup)
        return {by_lookup[lookup] for lookup, moment in asked.items() if is_fresh(moment, now)}


def _outdate(tx: Writes, citizens: Collection[str]) -> str:
    """Decide nothing more by what was said of these, and promise to ask about them; the key of that promise."""
    key = uuid.uuid4().hex
    if citizens:
        tx.outdate(citizens)
        tx.promise(ASK_AGAIN, tx.now + ASKED_AGAIN_AFTER, {"citizens": sorted(citizens)}, key)
    return key


def _fact(one: Registered) -> dict[str, Any]:
    return {
        "citizen": one.id,
        **asdict(one.facts),
        "protection": one.protection,
        "active": one.active,
        "back_since": one.back_since,
        "holders": [holder.id for holder in one.holders],
        "holder_at_address": one.holder_at_address,
        "guardians": [
            {
                "id": each.id,
                "citizen": each.guardian.id,
                "mandates": sorted(each.guardian.mandates),
                "since": each.since,
                "until": each.guardian.until,
            }
            for each in one.guardians
        ],
        "wards": list(one.wards),
    }
