"""The only module of the gateway that knows a database session."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

import sqlalchemy as sa

from helsami_gateway.fhir.outcomes import Outcome
from helsami_gateway.models import BUNDLES, LATE_REFUSALS, ROSTER
from helsami_kernel.database import Database, Reads, Writes, insert_new

BUNDLE = sa.select(BUNDLES.c.organisation, BUNDLES.c.body).where(
    BUNDLES.c.id == sa.bindparam("bundle", type_=sa.String)
)


class BundleReads(Reads):
    """Reads of the journal."""

    def bundle(self, bundle: str) -> tuple[str, bytes]:
        """The organisation that sent a bundle, and its bytes as received."""
        (row,) = self.fetch(BUNDLE, bundle=bundle)
        return row.organisation, bytes(row.body)


class BundleWrites(Writes):
    """Writes of the journal."""

    def keep_bundle(self, organisation: str, body: bytes) -> str:
        """Keep a bundle as received, once however often it comes; returns its id."""
        digest = hashlib.sha256(body).hexdigest()
        values = {"id": uuid.uuid4().hex, "organisation": organisation, "digest": digest, "body": body}
        self.connection.execute(insert_new(self.connection, BUNDLES, {**values, "received_at": self.now}))
        kept = sa.select(BUNDLES.c.id).where(BUNDLES.c.organisation == organisation, BUNDLES.c.digest == digest)
        return str(self.connection.execute(kept).scalar_one())

    def note_refusals(self, bundle: str, refused: Iterable[Outcome]) -> None:
        """Keep which entries an owner refused after their sender had been told that they were accepted."""
        for one in refused:
            values = {"bundle": bundle, "position": one.index, "type": one.type, "code": one.code or one.fate.value}
            refusal = insert_new(self.connection, LATE_REFUSALS, {**values, "refused_at": self.now})
            self.connection.execute(refusal)


class RosterTable:
    """Remembers which sections each view has."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self) -> Iterable[tuple[str, str, str]]:
        """All that was remembered: (view, section, service)."""
        with self._database.reading_engine.connect() as connection:
            return [(row.view, row.section, row.service) for row in connection.execute(sa.select(ROSTER))]

    def remember(self, view: str, section: str, service: str) -> None:
        """Keep one."""
        with self._database.transaction(Writes, owner=None) as tx:
            tx.connection.execute(
                insert_new(tx.connection, ROSTER, {"view": view, "section": section, "service": service})
            )
