"""What messages look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import message_schemas, schemas
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, TOO_LARGE, Route

TO: Final = {"kind": "employee", "role": "FT", "name": "Spenstig Strikk"}
RECIPIENT: Final = {
    **TO,
    "id": "1f7e0c52-7b3d-5e0a-9a41-5d2c8b6f4e10",
    "organisation": "trondheim",
    "unit": "physiotherapy",
    "care_team": "7a4d2c19-3e5f-5b8a-9c60-8e1f2a3b4c5d",
    "may_reply": True,
    "answer_days": 3,
}
THREAD: Final = {
    "id": "5e8a1d40-2c6b-5f7e-8d93-7b1a0c4f2e65",
    "organisation": "trondheim",
    "unit": "physiotherapy",
    "to": TO,
    "subject": "Øvelsene",
    "at": "2026-03-02T08:00:00Z",
    "state": "sent",
    "unread": False,
    "may_reply": False,
}
WRITTEN: Final = {
    "id": "c2b7f9e1-4d3a-5b6c-9e80-1a2f3b4c5d6e",
    "author": "citizen",
    "by": None,
    "text": "Kan jeg gjøre øvelsene hver dag?",
    "at": THREAD["at"],
    "on_behalf": False,
}
ANSWER: Final = {
    "id": "d3c8a0f2-5e4b-5c7d-8f91-2b3a4c5d6e7f",
    "author": "staff",
    "by": {"role": "FT", "name": "Spenstig Strikk"},
    "text": "Ja, men ta det med ro de første dagene.",
    "at": "2026-03-03T09:30:00Z",
    "on_behalf": False,
}
SENT: Final = {**THREAD, "messages": [WRITTEN]}
SHOWN: Final = {
    **THREAD,
    "at": ANSWER["at"],
    "state": "answered",
    "unread": True,
    "may_reply": True,
    "messages": [WRITTEN, ANSWER],
}
LYING: Final = {
    "message": WRITTEN["id"],
    "thread": THREAD["id"],
    "state": "unopened",
    "arrived_at": WRITTEN["at"],
    "due_at": "2026-03-03T09:00:00Z",
}
FOR_STAFF: Final = {name: value for name, value in SENT.items() if name != "unread"}
OPENED: Final = {**FOR_STAFF, "message": WRITTEN["id"], "record_key": "urn:trondheim:journal|team-17"}
FORWARDED: Final = {"message": WRITTEN["id"], "due_at": "2026-03-03T12:00:00Z"}
WROTE: Final = {"thread": THREAD["id"], "message": ANSWER["id"]}
EMPLOYEE: Final = "urn:trondheim:ansatt|4711"
BY_RULE: Final = "The organisation's rules say no: `code` says why, `problems` the `phone`."
NO_MESSAGE: Final = ("404", "No such message of this organisation (`message-not-found`).")
NOT_DIGITAL: Final = ("422", "Whom it is to has left their account, or has died (`not-digital`): nothing is stored.")
NO_PLACE: Final = (
    "404",
    "No such message (`message-not-found`), inbox (`inbox-not-found`) or colleague (`employee-not-found`).",
)
ROUTES: Final = (
    Route(
        "list_recipients",
        "get",
        "/api/v1/messages/recipients",
        "Whom one may write to; what `notice` says is shown before anybody writes.",
        message_schemas.Recipients,
        example={"recipients": [RECIPIENT], "notice": "messages.not-urgent", "absences": []},
    ),
    Route(
        "list_messages",
        "get",
        "/api/v1/messages",
        "Threads, the newest news first.",
        message_schemas.Threads,
        schemas.Page,
        example={
            "items": [THREAD],
            "as_of": "2026-03-02T08:00:00Z",
            "status": "ok",
            "absences": [],
            "next": None,
        },
    ),
    Route(
        "write_message",
        "post",
        "/api/v1/messages",
        "Write to somebody of `/api/v1/messages/recipients`. It is not for what is urgent.",
        message_schemas.ThreadWithMessages,
        body=message_schemas.Write,
        status="201",
        problems=(
            *OF_CITIZENS,
            ("422", f"{BY_RULE} Too many messages wait for an answer (`too-many-messages`)."),
            TOO_LARGE,
        ),
        once=True,
        example=SENT,
        body_example={"recipient": RECIPIENT["id"], "subject": THREAD["subject"], "text": WRITTEN["text"]},
    ),
    Route(
        "show_thread",
        "get",
        "/api/v1/messages/{thread}",
        "A thread with its messages.",
        message_schemas.ThreadWithMessages,
        example=SHOWN,
    ),
    Route(
        "reply",
        "post",
        "/api/v1/messages/{thread}/replies",
        "Write again, where the last answer opened for it.",
        message_schemas.ThreadWithMessages,
        body=message_schemas.Reply,
        status="201",
        problems=(
            *OF_CITIZENS,
            ("422", f"{BY_RULE} Nobody has opened for it (`no-reply`), or too many wait (`too-many-messages`)."),
            TOO_LARGE,
        ),
        once=True,
        example=SENT,
        body_example={"text": "Takk!"},
    ),
    Route(
        "mark_read",
        "post",
        "/api/v1/messages/{thread}/read",
        "Say which message is the last that one has read; `unread` goes unless a newer answer has come.",
        message_schemas.MarkedRead,
        body=message_schemas.Read,
        problems=(*OF_CITIZENS, TOO_LARGE),
        on_behalf=False,
        example={"thread": THREAD["id"]},
        body_example={"message": ANSWER["id"]},
    ),
    Route(
        "list_lying",
        "post",
        "/staff/v1/messages/search",
        "What lies in an inbox (a unit's id, or `duty`) or with an employee, one of them, the first to arrive first.",
        message_schemas.LyingMessages,
        body=message_schemas.Lying,
        problems=(*OF_STAFF, TOO_LARGE),
        login="system",
        example={"messages": [LYING], "next": None},
        body_example={"employee": EMPLOYEE},
    ),
    Route(
        "open_message",
        "post",
        "/staff/v1/messages/{message}/open",
        "Read a message and its thread: nothing that is shown goes anywhere by itself then. Again is the same.",
        message_schemas.OpenedMessage,
        problems=(*OF_STAFF, NO_MESSAGE, TOO_LARGE),
        login="system",
        example=OPENED,
    ),
    Route(
        "answer_message",
        "post",
        "/staff/v1/messages/{message}/answer",
        "Answer a message; `may_reply` lets the citizen write again in the same thread.",
        message_schemas.Sent,
        body=message_schemas.AnswerMessage,
        status="201",
        problems=(*OF_STAFF, NO_MESSAGE, ("409", "Nobody has opened it (`message-unopened`)."), NOT_DIGITAL, TOO_LARGE),
        login="system",
        once=True,
        example=WROTE,
        body_example={"text": ANSWER["text"], "may_reply": True, "employee": EMPLOYEE},
    ),
    Route(
        "close_message",
        "post",
        "/staff/v1/messages/{message}/close",
        "Let what is opened of a message's thread wait no longer, if it needs no answer. The citizen sees nothing.",
        message_schemas.Closed,
        problems=(*OF_STAFF, NO_MESSAGE, ("409", "Nobody has opened it (`message-unopened`)."), TOO_LARGE),
        login="system",
        example={"message": WRITTEN["id"]},
    ),
    Route(
        "forward_message",
        "post",
        "/staff/v1/messages/{message}/forward",
        "Let a message lie elsewhere: in an inbox or with an employee. Whoever wrote it does not notice.",
        message_schemas.Forwarded,
        body=message_schemas.Forward,
        problems=(*OF_STAFF, NO_PLACE, ("409", "It is answered (`message-answered`)."), TOO_LARGE),
        login="system",
        once=True,
        example=FORWARDED,
        body_example={"inbox": "duty"},
    ),
    Route(
        "write_to",
        "post",
        "/staff/v1/messages",
        "Write to a citizen whom the organisation has told that it treats.",
        message_schemas.Sent,
        body=message_schemas.WriteTo,
        status="201",
        problems=(
            *OF_STAFF,
            ("404", "No such person is treated there (`relation-not-found`)."),
            NOT_DIGITAL,
            TOO_LARGE,
        ),
        login="system",
        once=True,
        example=WROTE,
        body_example={
            "national_id": "13924500160",
            "unit": "physiotherapy",
            "subject": "Ny øvelse",
            "text": ANSWER["text"],
            "may_reply": False,
        },
    ),
)
