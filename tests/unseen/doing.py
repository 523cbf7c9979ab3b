"""What somebody may try to do on another's behalf: every command that the description has, with what it may name."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson

from harness.sweep import Ask, Named, Things
from helsami_gateway.headers import KEY

HIDDEN_AS = {"appointment": "appointment", "referral": "referral", "letter": "letter"}
"""What one may try to hide, though it is another's: by its kind, and where its names stand."""

BODIES = {
    "POST /api/v1/appointments/{appointment}/requests": {"action": "change", "wish": ""},
    "POST /api/v1/appointments/{appointment}/check-in": {"contact_confirmed": True, "forms": []},
}


def attempts(routes, ids, headers, hidden):
    """
    All that can be tried, each as a request: with each thing there is, and with each free time.

    `hidden` are the numbers of the free times that lie where somebody has something that is hidden.
    """
    slots = [ids["slot"][number] for number in sorted({*hidden, 1})]
    for one in routes.commands:
        names = [name for name in (*re.findall(r"\{(\w+)\}", one.path), *one.fields) if name in ids or name == "slot"]
        choices = [{}]
        for name in dict.fromkeys(names):
            values = slots if name == "slot" else ids[name] or ("0" * 32,)
            choices = [{**choice, name: value} for choice in choices for value in values]
        for choice in choices:
            things = Things({name: Named(value, "") for name, value in choice.items()}, BODIES)
            told = {**headers, KEY: "mine"}
            yield str(one), _plain(things.ask(one, told))


def of_oneself(routes, ids, headers):
    """All that can be tried for oneself alone, with each thing there is: what is hidden is hidden there too."""
    hides = [(kind, its) for kind, table in HIDDEN_AS.items() for its in ids[table]]
    for one in routes.own_commands:
        names = [name for name in re.findall(r"\{(\w+)\}", one.path) if name in ids]
        choices = [{name: value} for name in names[:1] for value in (*ids[name], "0" * 32)] or [{}]
        for choice in choices:
            things = Things({name: Named(value, "") for name, value in choice.items()})
            yield str(one), _plain(things.ask(one, headers))
        if one.path == "/api/v1/shields" and one.verb == "POST":
            for kind, its in hides:
                body = orjson.dumps({"kind": kind, "item": its, "hidden_from": "representatives"})
                yield str(one), Ask(one.verb, one.path, headers, body)


def _plain(ask):
    return replace(ask, headers={name: value for name, value in ask.headers.items() if name != KEY})


def done(portal, tried):
    """What is answered to each, one after the other."""
    answers = {f"{number} {ask.verb} {ask.path}": portal.ask(ask) for number, (_, ask) in enumerate(tried)}
    portal.settle()
    return answers


__all__ = ["Ask", "attempts", "done", "of_oneself"]
