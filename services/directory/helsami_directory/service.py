"""The directory on the bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from helsami_directory import fhir, schemas, storage
from helsami_directory.account.entrypoints import Accounts
from helsami_directory.account.storage import Reads, Writes
from helsami_directory.domain import Citizen
from helsami_directory.identity import Identity
from helsami_directory.register.port import population_register
from helsami_directory.standing import check_may_enter, entered, seen_by, standing_of, with_history
from helsami_kernel import Clock, CurrentSettings, FromKeys, FromSettings, OrganisationRules, Store, TellStates, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import NotFound, load
from helsami_kernel.staff import organisation_of
from helsami_kernel.store import OpenStore
from helsami_sdk.lifecycle import CLOSED, LIVE
from helsami_sdk.manifest import CATEGORIES
from helsami_sdk.rules import Rules

PLACES: Final = frozenset({"Organization", "Location"})


class DirectoryService(Accounts):
    """Owns who is who: a national id goes in, and only an opaque id comes out."""

    name = "directory"

    store: OpenStore[Reads, Writes] = Store(Reads, Writes)
    identity = FromKeys(lambda keys: Identity(keys.secret("identity")))
    population = FromSettings(population_register)
    settings = CurrentSettings()
    clock = Clock()
    rules = OrganisationRules()
    tell_states = TellStates(storage.states_told)

    @rpc(scope="directory:identify", answers=schemas.Person)
    def identify(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """Who logs in with this national id? Raises NotFound."""
        asked = load(schemas.Identify, command)
        citizen = self.store.reading(None).found(self.identity.lookup(asked["national_id"]))
        if citizen is None:
            raise NotFound("citizen-not-found")
        return _shown(citizen)

    @rpc(scope="directory:reader", answers=schemas.Reader)
    def reader(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """What a token about this citizen must say of them now, and not their name. Raises NotFound."""
        asked = load(schemas.WhichCitizen, command)
        for citizen in self.store.reading(None).registered([asked["citizen"]]):
            if citizen.facts.birth_date is not None and not citizen.facts.deceased and citizen.active:
                return asdict(citizen.facts)
        raise NotFound("citizen-not-found")

    @rpc(scope="journal:write", answers=schemas.Registered)
    def register(self, command: object, access: AccessToken) -> dict[str, Any]:
        """A record system knows this person: the account arises from that contact (R5)."""
        wish = load(schemas.Register, command)
        organisation, national_id = organisation_of(access), wish["national_id"]
        told = fhir.told_by(wish["resource"])
        with self.store.transaction(None) as tx:
            citizen = tx.account(
                self.identity.lookup(national_id), lambda opened: self.identity.seal(national_id, opened)
            )
            outcome = tx.told(citizen, organisation, self.identity.record(wish["key"]), told)
        return {"citizen": citizen.id, "outcome": outcome, "by_post": bool(self._by_post([citizen.id]))}

    @rpc(scope="journal:write", answers=schemas.Resolved)
    def resolve(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """
        The ids of these people by position in the question, null for who is not known.

        `by_post` names those by their positions who have left their account or died: what has to reach them must go
        another way (K19).
        """
        asked = load(schemas.Resolve, command)
        lookups = [self.identity.lookup(national_id) for national_id in asked["national_ids"]]
        known = self.store.reading(None).ids(lookups)
        found = {str(position): known.get(lookup) for position, lookup in enumerate(lookups)}
        by_post = self._by_post(known.values())
        return {"citizens": found, "by_post": [position for position, one in found.items() if one in by_post]}

    @rpc(scope="journal:write", answers=schemas.Received)
    def receive(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Keep practitioners and places, each by its organisation and key, with an outcome for each."""
        delivery = load(schemas.Receive, command)
        organisation = organisation_of(access)
        with self.store.transaction(None) as tx:
            outcomes = [{"index": entry["index"], **_kept(tx, organisation, entry)} for entry in delivery["entries"]]
        return {"outcomes": outcomes}

    @rpc(scope="directory:read", answers=schemas.Organisations)
    def organisations(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """Every connected organisation: its names, how it is reached, and since when it shows what (K9)."""
        load(schemas.Nothing, command)
        return {"organisations": [_described(rules) for _, rules in sorted(self.rules.items())]}

    @rpc(scope="organisations:manage", answers=schemas.Standings)
    def standings(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Where every organisation stands, as far as this system may know."""
        load(schemas.Nothing, command)
        changed = self.store.reading(None).current()
        seen = seen_by(access, self.rules, changed)
        return {"organisations": [standing_of(self.rules, name, changed.get(name)) for name in seen]}

    @rpc(scope="organisations:manage", answers=schemas.StandingWithHistory)
    def standing(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Where one organisation stands, and how it came there. Raises NotFound, of another's as of none."""
        organisation = load(schemas.WhichOrganisation, command)["organisation"]
        history = self.store.reading(None).history(organisation)
        if organisation not in seen_by(access, self.rules, {change.organisation: change for change in history}):
            raise NotFound("organisation-not-found")
        return with_history(self.rules, organisation, history)

    @rpc(scope="organisations:manage", answers=schemas.StandingWithHistory)
    def change_state(self, command: object, access: AccessToken) -> dict[str, Any]:
        """
        Let an organisation enter a state: stored with who and why, and told to every process before this answers.

        Raises NotFound, Forbidden, Refused("organisation-not-loaded"), and Conflict for a step that is not the next.
        """
        wish = load(schemas.ChangeState, command)
        check_may_enter(access, wish["organisation"], wish["state"])
        with self.store.transaction(None) as tx:
            history = entered(tx, self.rules, wish, access.actor)
        self.tell_states()
        return with_history(self.rules, wish["organisation"], history)

    def _by_post(self, citizens: Iterable[str]) -> set[str]:
        return self.store.reading(None).by_post(citizens)

    @rpc(scope="directory:identify", answers=schemas.Accounts)
    def citizens(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """Everybody with their national id, to choose from at the login of the demo. NotFound outside embedded mode."""
        load(schemas.Nothing, command)
        if not self.settings.embedded:
            raise NotFound("unknown-method")
        return {
            "citizens": [
                {**_shown(citizen), "pid": self.identity.open(sealed, citizen.id)}
                for citizen, sealed in self.store.reading(None).everyone()
            ]
        }


def _shown(citizen: Citizen) -> dict[str, Any]:
    """Everything that is believed of a citizen; an answer's schema says how much of it leaves."""
    return {"citizen": citizen.id, **asdict(citizen.facts)}


def _kept(tx: storage.Writes, organisation: str, entry: Mapping[str, Any]) -> dict[str, str]:
    kind, key, resource = entry["type"], entry["key"], entry["resource"]
    if kind != "Practitioner" and kind not in PLACES:
        return {"outcome": "not supported"}
    if not 0 < len(key) <= schemas.LONGEST_KEY:
        return {"outcome": "refused", "code": "key-length", "path": f"{kind}.identifier"}
    if kind == "Practitioner":
        return {"outcome": tx.practitioner(organisation, key, fhir.practitioner(resource))}
    return {"outcome": tx.place(organisation, key, fhir.place(resource))}


def _described(rules: Rules) -> dict[str, Any]:
    manifest = rules.manifest
    return {
        "id": manifest.id,
        "names": dict(manifest.names),
        "kind": manifest.kind,
        "parent": manifest.parent,
        "phone": manifest.phone,
        "state": LIVE if rules.state == LIVE else CLOSED,
        "units": [{"id": unit.id, "names": dict(unit.names), "phone": unit.phone} for unit in manifest.units.values()],
        "go_live": _go_live(rules),
    }


def _go_live(rules: Rules) -> dict[str, date | None]:
    """By category; nothing at all unless the organisation is live, since then nothing of it is shown."""
    return {} if rules.state != LIVE else {each: rules.history_starts(each) for each in sorted(CATEGORIES)}
