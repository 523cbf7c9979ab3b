"""What may be answered about an entry that came in: take it, with these codes, or set it aside for a person."""

from dataclasses import dataclass
from typing import Self

from helsami_sdk.answers.codes import all_different, is_code, is_id


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code of the question, named by its id, is here: a code of this system."""

    id: str
    system: str
    code: str

    def __post_init__(self) -> None:
        """Refuse a missing id, a missing code and what is no text: ValueError."""
        if not is_id(self.id):
            raise ValueError("id: expected the id of a code in the question")
        if type(self.system) is not str or not is_id(self.code):
            raise ValueError("code: expected a code, and the name of its system")


@dataclass(frozen=True, slots=True)
class Translation:
    """An entry is taken in with other codes in place of its own, or is in quarantine, for a reason."""

    meanings: tuple[Meaning, ...] = ()
    quarantine: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no meaning, two for one code, and a quarantine without a code or with meanings: ValueError."""
        if type(self.meanings) is not tuple or any(type(one) is not Meaning for one in self.meanings):
            raise ValueError("meanings: expected a tuple of Meaning")
        if not all_different([one.id for one in self.meanings]):
            raise ValueError("meanings: expected one for each code")
        if self.quarantine != "" and (self.meanings or not is_code(self.quarantine)):
            raise ValueError("quarantine: expected a kebab-case code, and no meanings")

    @classmethod
    def take(cls, *meanings: Meaning) -> Self:
        """Take the entry in, with these codes in place of its own."""
        return cls(meanings)

    @classmethod
    def hold(cls, reason: str) -> Self:
        """Keep the entry in quarantine until a person has looked at it."""
        return cls(quarantine=reason)
