"""What front ends and staff get of organisations: who they are, where they stand, and what their rules decided."""

from __future__ import annotations

from marshmallow import Schema, fields

from helsami_gateway.answers import moment, named, nullable, one_of
from helsami_gateway.schemas import ORGANISATION_STATES


class Unit(Schema):
    """A part of an organisation."""

    id = fields.String(required=True)
    names = named()
    phone = fields.String(required=True)


class Organisation(Schema):
    """An organisation that has joined; `go_live` is the first day shown by category, null where everything is."""

    id = fields.String(required=True)
    names = named()
    kind = fields.String(required=True)
    parent = nullable()
    phone = fields.String(required=True)
    state = one_of("live", "closed")
    units = fields.List(fields.Nested(Unit), required=True)
    go_live = fields.Dict(keys=fields.String(), values=fields.Date(allow_none=True), required=True)


class Organisations(Schema):
    """All of them."""

    organisations = fields.List(fields.Nested(Organisation), required=True)


class StateChange(Schema):
    """An organisation entered a state; `who` is an organisation's or the region's login."""

    state = one_of(*ORGANISATION_STATES)
    since = moment()
    who = fields.String(required=True)
    why = fields.String(required=True)


class Standing(Schema):
    """Where an organisation stands; `problem` says why its rules do not load, and is null where they do."""

    id = fields.String(required=True)
    names = named()
    kind = fields.String(required=True)
    parent = nullable()
    state = one_of(*ORGANISATION_STATES)
    since = moment(allow_none=True)
    who = nullable()
    why = nullable()
    problem = nullable()


class Standings(Schema):
    """Where organisations stand."""

    organisations = fields.List(fields.Nested(Standing), required=True)


class StandingWithHistory(Standing):
    """Where an organisation stands, the states it may enter next, and its history, newest first."""

    steps = fields.List(one_of(*ORGANISATION_STATES), required=True)
    history = fields.List(fields.Nested(StateChange), required=True)


class Words(Schema):
    """What a reason means to a citizen; null where it has no words."""

    nb = nullable()
    nn = nullable()
    en = nullable()


class Decision(Schema):
    """What an organisation's rules decided; `about` is the id of what it was about, or empty."""

    id = fields.String(required=True)
    decided_at = moment()
    last_at = moment()
    times = fields.Integer(required=True)
    service = fields.String(required=True)
    hook = fields.String(required=True)
    asked = fields.String(required=True, metadata={"description": "what the hook asks, in plain words"})
    organisation = fields.String(required=True)
    layer = fields.String(
        required=True, metadata={"description": "whose answer held: a file of a plugin, region, or safe default"}
    )
    version = fields.String(required=True, metadata={"description": "the plugin's"})
    outcome = fields.String(required=True)
    reason = fields.String(required=True, metadata={"description": "a code, or empty"})
    words = fields.Nested(Words, required=True)
    question_hash = fields.String(required=True, metadata={"description": "the SHA-256 of the question, as JSON"})
    about = fields.String(required=True)
    shadow = fields.Boolean(required=True, metadata={"description": "what would have been decided, and was not"})


class Decisions(Schema):
    """Decisions, the newest first; `unavailable` are the services that did not answer and may know more."""

    decisions = fields.List(fields.Nested(Decision), required=True)
    unavailable = fields.List(fields.String(), required=True)
