"""The list of medicines in the database."""

from __future__ import annotations

from helsami_kernel import database, fhir
from helsami_kernel.items import Item, Withdrawn, keep_or_withdraw
from helsami_kernel.journal import Entry
from helsami_kernel.sections import Section
from helsami_medications import schemas
from helsami_medications.domain import Medicine
from helsami_medications.models import MEDICATIONS

LIST = Section(MEDICATIONS, "medications")


class Writes(database.Writes):
    """What a delivery changes."""

    def keep(self, citizen: str, organisation: str, read: list[tuple[Entry, Medicine | None]]) -> list[str]:
        """Put medicines on their citizen's list, or find each `unchanged` there, and take off what was taken back."""
        return keep_or_withdraw(self, MEDICATIONS, [_item(citizen, organisation, *one) for one in read])


def _item(citizen: str, organisation: str, entry: Entry, medicine: Medicine | None) -> Item | Withdrawn:
    if medicine is None:
        return Withdrawn(organisation, entry.item_key)
    return Item(
        owner=citizen,
        organisation=organisation,
        key=entry.item_key,
        occurred_at=medicine.listed_at,
        kind="medication",
        body=schemas.body(medicine),
        access_limit=medicine.access_limit,
        within=fhir.within(entry.resource, citizen, organisation),
    )
