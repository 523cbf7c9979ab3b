"""What the journal sends, its owners understand, and the other way round: the demo's bundles, without a bus."""

import itertools
from datetime import date, timedelta

import orjson
import pytest

import helsami_consents.access_log.schemas
import helsami_directory.schemas
from helsami_gateway.demo.bundles import bundles
from helsami_gateway.demo.fhir import dumps
from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.normalise import ALSO, OWNERS
from helsami_gateway.fhir.outcomes import Fate
from helsami_gateway.journal import deliver
from helsami_kernel import describe, installed, journal
from helsami_kernel.errors import Malformed, load
from helsami_kernel.rpc import Rpc

SOME = 12  # bundles: the organisations' own, and those of some people with something of every kind
CITIZEN = "0" * 32
COMMANDS = {
    "appointments": {"receive": journal.ReceiveCommand},
    "consents": {"receive": helsami_consents.access_log.schemas.AuditEvents},
    "medications": {"receive": journal.ReceiveCommand},
    "messages": {"receive": journal.ReceiveCommand},
    "records": {"receive": journal.ReceiveCommand},
    "results": {"receive": journal.ReceiveCommand},
    "directory": {
        "receive": helsami_directory.schemas.Receive,
        "register": helsami_directory.schemas.Register,
        "resolve": helsami_directory.schemas.Resolve,
    },
}
"""The schema with which each owner reads each command."""


class Owners:
    """Reads every command as its owner does, stores nothing, and answers in the owner's form."""

    def __init__(self):
        self.answers = {
            (service.name, each.method_name): each._answers
            for service in installed.services(installed.service_names())
            for each in describe.entrypoints(service, Rpc)
        }
        self.types = set()

    def __call__(self, service, method, command):
        read = load(COMMANDS[service][method](), orjson.loads(orjson.dumps(command)))
        return orjson.loads(orjson.dumps(self.answers[service, method].dump(self._answer(service, method, read))))

    def _answer(self, service, method, read):
        if method == "register":
            self.types.add((service, "Patient"))
            return {"citizen": CITIZEN, "outcome": "stored"}
        if method == "resolve":
            return {"citizens": {str(place): CITIZEN for place in range(len(read["national_ids"]))}}
        self.types |= {(service, entry["type"]) for entry in read["entries"]}
        return {"outcomes": [{"index": entry["index"], "outcome": "stored"} for entry in read["entries"]]}


class NobodyWaits:
    """No other bundle has anything to name."""

    def elsewhere(self, _citizen):
        return False

    def begin(self, _citizen):
        raise AssertionError

    def end(self, _citizen):
        pass


def test_every_owner_understands_what_the_journal_sends_and_the_journal_what_it_answers():
    owners = Owners()

    for organisation, bundle in itertools.islice(bundles(date(2026, 3, 1)), SOME):
        delivered = deliver(read_bundle(dumps(bundle), organisation), owners, timedelta(minutes=1), NobodyWaits())
        assert {outcome.fate for outcome in delivered.outcomes} == {Fate.STORED}

    also = {(owner, kind) for kind, others in ALSO.items() for owner in others}
    assert owners.types == {(owner, kind) for kind, owner in OWNERS.items()} | also


def entry(**more):
    return {"index": 0, "type": "Location", "key": "urn:x|1", "resource": {}, **more}


@pytest.mark.parametrize("owner", COMMANDS)
def test_an_owner_takes_an_entry_with_what_a_later_journal_adds_and_none_without_a_key(owner):
    receive = COMMANDS[owner]["receive"]
    load(receive(), {"citizen": None, "entries": [entry(added="later")]})

    with pytest.raises(Malformed):
        load(receive(), {"citizen": None, "entries": [entry(key=None)]})
