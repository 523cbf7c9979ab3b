"""What notifications asks: by which channels a letter reaches one recipient."""

from dataclasses import dataclass

PORTAL, HELSENORGE, DIGIPOST, POST = "portal", "helsenorge", "digipost", "post"
CHANNELS = frozenset({PORTAL, HELSENORGE, DIGIPOST, POST})
LETTER_RECIPIENTS = frozenset({"main", "copy"})


@dataclass(frozen=True, slots=True)
class DeliveryQuestion:
    """
    By which channels, in what order, does this letter reach this recipient (R85, K18)?

    `kind` is the organisation's own code of the letter; `decision` is true where it has legal effect; `channels` are
    those of CHANNELS that reach this recipient; `recipient` is one of LETTER_RECIPIENTS, each planned by itself.
    """

    kind: str
    decision: bool
    channels: frozenset[str]
    recipient: str = "main"

    @property
    def reach(self) -> frozenset[str]:
        """The only channels an answer may name; by post everybody can be reached (R1)."""
        return self.channels | {POST}
