"""What is asked about shielding, and what is answered and told."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_consents.capacity.schemas import Involved, Received, involved
from helsami_consents.people import Person
from helsami_consents.shielding.domain import GROUPS, REASONS, Hidden, Shield
from helsami_kernel import Event
from helsami_kernel.access import LONGEST_ID
from helsami_kernel.clock import written
from helsami_kernel.errors import FieldProblem, Malformed, load

FROM: Final = validate.Regexp(rf"({'|'.join(sorted(GROUPS))}|[0-9a-f]{{32}})\Z")
WHY_NOT: Final = f"with a refusal, and with that alone, one of {', '.join(sorted(REASONS))}"


class Conceal(Schema):
    """What a citizen hides, as its owner has said what it is, and from whom."""

    item = fields.String(required=True, validate=validate.Length(1, LONGEST_ID))
    also = fields.String(required=True, allow_none=True, validate=validate.Length(1, LONGEST_ID))
    kind = fields.String(required=True, validate=validate.Length(1, 30))
    organisation = fields.String(required=True, validate=validate.Length(1, 60))
    at = fields.AwareDateTime(required=True)
    key = fields.String(required=True, validate=validate.Length(max=300))
    hidden_from = fields.String(
        required=True,
        validate=FROM,
        metadata={"expected": f"{', '.join(sorted(GROUPS))}, or the id of a grant or of who acts otherwise"},
    )


class OneShield(Schema):
    """One shield; whatever is named and is not there, is not found."""

    shield = fields.String(required=True)


class Decide(OneShield):
    """What staff decide: to confirm what is asked for, or to decline it and say why."""

    decision = fields.String(required=True, validate=validate.OneOf(["confirm", "decline"]))
    reason = fields.String(
        load_default="", validate=validate.OneOf(["", *sorted(REASONS)]), metadata={"expected": WHY_NOT}
    )

    @validates_schema(skip_on_field_errors=True)
    def agrees(self, decision: dict[str, Any], **_: object) -> None:
        """Refuse to decline for no reason, and a reason for nothing."""
        if (decision["decision"] == "decline") != bool(decision["reason"]):
            raise ValidationError(WHY_NOT, "reason")


class Asked(Received):
    """A page of shields."""


class Shown(Schema):
    """A shield as its citizen sees it."""

    id = fields.String()
    item = fields.String()
    kind = fields.String()
    organisation = fields.String(allow_none=True)
    hidden_from = fields.String()
    state = fields.String()
    asked_at = fields.String()
    decided_at = fields.String(allow_none=True)
    until = fields.String(allow_none=True)
    reason = fields.String()


class Mine(Schema):
    """One's own shields, the newest first."""

    shields = fields.List(fields.Nested(Shown))
    next = fields.String(allow_none=True)


class ForStaff(Schema):
    """A shield as those see it who decide: whose, and which item, by what its source calls it."""

    id = fields.String()
    state = fields.String()
    hidden_from = fields.String()
    citizen = fields.Nested(Involved)
    kind = fields.String()
    at = fields.String()
    key = fields.String()
    asked_at = fields.String()


class Open(Schema):
    """What an organisation has to decide, the oldest first."""

    shields = fields.List(fields.Nested(ForStaff))
    next = fields.String(allow_none=True)


class Settled(Schema):
    """How a shield stands after staff have decided."""

    id = fields.String()
    state = fields.String()
    decided_at = fields.String(allow_none=True)
    until = fields.String(allow_none=True)
    reason = fields.String()


class ShieldingTold(Schema):
    """The events `shielding_requested`, `shielding_decided` and `shielding_lifted`: which, and how it stands."""

    shield = fields.String(required=True)
    state = fields.String(required=True)


class AppointmentNamed(Schema):
    """What is used of the event `appointment_named`: an appointment, and the other id by which others know it."""

    appointment = fields.String(required=True, validate=validate.Length(1, LONGEST_ID))
    known_as = fields.String(required=True, validate=validate.Length(1, LONGEST_ID))


MOST_NAMED: Final = 100
"""How many a delivery names at most: the gateway gives an owner so many entries at once."""


class Name(Schema):
    """By what other ids others know appointments of a citizen's from now on, as their owner has told."""

    citizen = fields.String(required=True, validate=validate.Length(1, 40))
    named = fields.List(fields.Nested(AppointmentNamed), required=True, validate=validate.Length(max=MOST_NAMED))


def named(event: Event) -> tuple[str, str, str]:
    """Whose appointment has another id, its own id, and that. Raises Malformed."""
    if event.subject is None:
        raise Malformed("malformed", FieldProblem("subject", "the id of a citizen"))
    used = {name: event.data[name] for name in ("appointment", "known_as") if name in event.data}
    told = load(AppointmentNamed, used)
    return event.subject, told["appointment"], told["known_as"]


def hidden_of(wish: dict[str, Any]) -> Hidden:
    """What a citizen hides."""
    return Hidden(**{name: wish[name] for name in ("item", "also", "kind", "organisation", "at", "key")})


def shown(shield: Shield, *, protected: bool) -> dict[str, Any]:
    """Give a shield as its citizen reads it; without the place of somebody at a protected address (K24)."""
    what = shield.what
    about = {"item": what.item, "kind": what.kind, "organisation": None if protected else what.organisation}
    return {**settled(shield), **about, "hidden_from": shield.hidden_from, "asked_at": written(shield.asked_at)}


def settled(shield: Shield) -> dict[str, Any]:
    """Give how a shield stands."""
    return {
        "id": shield.id,
        "state": shield.state.value,
        "decided_at": None if shield.decided_at is None else written(shield.decided_at),
        "until": None if shield.until is None else written(shield.until),
        "reason": shield.reason,
    }


def for_staff(shield: Shield, citizen: Person | None) -> dict[str, Any]:
    """Give a shield as those read it who decide about it; not which of several representatives it is."""
    about = {"kind": shield.what.kind, "at": written(shield.what.at), "key": shield.what.key}
    hidden_from = shield.hidden_from if shield.reader is None else "representative"
    return {
        **about,
        "id": shield.id,
        "state": shield.state.value,
        "hidden_from": hidden_from,
        "citizen": involved(citizen),
        "asked_at": written(shield.asked_at),
    }
