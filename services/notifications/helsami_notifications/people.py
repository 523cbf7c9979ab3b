"""What citizens are told of their accounts and of what the population register says, and when they are told nothing."""

from __future__ import annotations

from helsami_kernel import Event, handles
from helsami_kernel.database import Reads
from helsami_kernel.store import OpenStore
from helsami_notifications import domain, schemas, storage
from helsami_notifications.domain import News


class OfPeople:
    """Part of notifications: what the directory tells."""

    store: OpenStore[Reads, storage.Writes]

    @handles("parental_responsibility_changed", source="directory")
    def tell_of_responsibility(self, event: Event) -> None:
        """Tell a child, and who has or had responsibility for it (R97)."""
        self._tell(domain.RESPONSIBILITY_CHANGED, event)

    @handles("guardianship_changed", source="directory")
    def tell_of_guardianship(self, event: Event) -> None:
        """Tell an adult, and who is or was their guardian."""
        self._tell(domain.GUARDIANSHIP_CHANGED, event)

    @handles("turning_16_soon", source="directory")
    def tell_of_birthday_to_come(self, event: Event) -> None:
        """Tell in time that access by parental responsibility ends (R98)."""
        self._tell(schemas.of_oneself(event, domain.TURNING_16_SOON, domain.CHILD_TURNING_16_SOON), event)

    @handles("turned_16", source="directory")
    def tell_of_birthday(self, event: Event) -> None:
        """Tell that access by parental responsibility has ended (R98)."""
        self._tell(schemas.of_oneself(event, domain.TURNED_16, domain.CHILD_TURNED_16), event)

    @handles("address_changed", source="directory")
    def tell_of_address(self, event: Event) -> None:
        """Tell that one is registered somewhere else: whoever has not moved should know."""
        self._tell(domain.ADDRESS_CHANGED, event)

    @handles("protection_changed", source="directory")
    def tell_of_protection(self, event: Event) -> None:
        """Tell that one's address is protected now, or no longer (K24)."""
        self._tell(domain.PROTECTION_CHANGED, event)

    @handles("account_deactivated", source="directory")
    def fall_silent(self, event: Event) -> None:
        """Tell somebody nothing more, until they take their account up again (R8, K19)."""
        citizen = schemas.whose(event)
        with self.store.transaction(owner=citizen) as tx:
            tx.silence(citizen, event.sequence, silent=True)

    @handles("account_reactivated", source="directory")
    def speak_again(self, event: Event) -> None:
        """Tell somebody again what concerns them."""
        citizen = schemas.whose(event)
        with self.store.transaction(owner=citizen) as tx:
            tx.silence(citizen, event.sequence, silent=False)

    def _tell(self, news: News, event: Event) -> None:
        citizen, notice = schemas.notice(news, event)
        with self.store.transaction(owner=citizen) as tx:
            tx.tell(citizen, notice, event.id, event.time)
