"""What a citizen reads of a stay, and what is told of it."""

from typing import Any

from marshmallow import Schema, fields

from helsami_appointments.stays.domain import Stay


class StayTold(Schema):
    """The events `stay_planned`, `stay_ended` and `stay_cancelled`: the stay's id, and nothing of where or why."""

    stay = fields.String(required=True)
    access_limit = fields.String(required=True)


def body(stay: Stay) -> dict[str, Any]:
    """Give a stay as its citizen reads it."""
    return {
        "status": str(stay.status),
        "name": stay.name or None,
        "place": stay.place or None,
        "starts_at": stay.starts_at,
        "ends_at": stay.ends_at,
    }
