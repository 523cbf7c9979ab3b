"""What every provider keeps to; a Jitsi's tokens as its Prosody verifies them; names of rooms, and sealed links."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from helsami_appointments.domain import Span
from helsami_appointments.video.domain import Window
from helsami_appointments.video.providers import Jitsi, LinkOnly, conferences_of
from helsami_appointments.video.rooms import Rooms
from helsami_kernel.config import Settings
from helsami_kernel.keys import KeyFolder, KeysUnusable

STARTS = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = Window.of(Span(STARTS, STARTS + timedelta(minutes=20)))
SECRET = "kanarifuglens-hemmelighet-0000000000"
JITSI = Jitsi("https://meet.example.org:8443/", "helsami", "jitsi", SECRET)
OWN = LinkOnly("https://video.example.org/meet/{room}?guest={guest}")
ROOMS = Rooms(bytes(32))
ROOM = ROOMS.of_appointment("a1", STARTS)
SMALL = re.compile(r"[a-z2-7]+")


@pytest.fixture(params=[JITSI, OWN], ids=["jitsi", "link-only"])
def provider(request):
    return request.param


def link(provider, now=STARTS, room=ROOM, reader="c1", *, moderator=False):
    return provider.link(room, ROOMS.guest(room, reader), WINDOW, now, moderator=moderator)


# What every provider keeps to


def test_a_link_leads_over_tls_to_its_room_and_no_other(provider):
    one, other = link(provider), link(provider, room=ROOMS.of_room("r1"))

    assert one.url.startswith("https://")
    assert ROOM in one.url
    assert ROOM not in other.url


def test_each_reader_has_a_link_of_their_own_and_it_names_nobody(provider):
    mine, yours = link(provider, reader="citizen-1"), link(provider, reader="citizen-2")

    assert mine.url != yours.url
    for url in (mine.url, yours.url):
        told = url + "".join(_decoded(part) for part in url.split("."))
        assert not re.search(r"citizen|\bname\b|email|a1", told)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (WINDOW.opens_at, WINDOW.opens_at + timedelta(minutes=5)),
        (STARTS, STARTS + timedelta(minutes=5)),
        (WINDOW.closes_at - timedelta(minutes=1), WINDOW.closes_at),
    ],
)
def test_a_link_opens_for_minutes_and_never_after_the_door_has_closed(provider, now, ends):
    assert link(provider, now).expires_at == ends


def test_a_link_is_not_in_what_is_printed_of_it(provider):
    made = link(provider)

    assert made.url not in repr(made)
    assert ROOM not in repr(made)
    assert SECRET not in repr(provider)


# A Jitsi's tokens


def test_a_jitsi_lets_in_by_a_link_for_as_long_as_it_holds(let_in):
    made = link(JITSI)

    claims = let_in(made.url, STARTS)

    assert urlsplit(made.url).netloc == "meet.example.org:8443"
    assert urlsplit(made.url).path == f"/{ROOM}"
    assert set(claims) == {"aud", "iss", "sub", "room", "nbf", "iat", "exp", "context"}
    assert claims["context"] == {
        "user": {"id": ROOMS.guest(ROOM, "c1"), "moderator": False, "affiliation": "member"},
    }
    let_in(made.url, made.expires_at - timedelta(seconds=1))
    for refused in (made.expires_at, WINDOW.opens_at - timedelta(seconds=1)):
        with pytest.raises(PermissionError, match="time"):
            let_in(made.url, refused)


def test_staff_come_in_as_moderators(let_in):
    claims = let_in(link(JITSI, moderator=True).url, STARTS)

    assert claims["context"]["user"]["moderator"] is True
    assert claims["context"]["user"]["affiliation"] == "owner"


def test_a_jitsi_lets_nobody_into_another_room_by_the_token(let_in):
    with pytest.raises(PermissionError, match="room"):
        let_in(link(JITSI).url.replace(f"/{ROOM}?", f"/{ROOMS.of_room('r1')}?"), STARTS)


@pytest.mark.parametrize(
    ("field", "value"), [("app", "another"), ("audience", "another"), ("url", "https://elsewhere.example.org")]
)
def test_a_jitsi_lets_in_by_nobody_elses_token(let_in, field, value):
    with pytest.raises(PermissionError):
        let_in(link(replace(JITSI, **{field: value})).url, STARTS)


def test_a_jitsi_lets_in_by_no_other_secret_nor_by_a_token_that_nobody_signed(let_in):
    made = link(JITSI)
    with pytest.raises(PermissionError, match="signature"):
        let_in(made.url, STARTS, "another-hemmelighet-00000000000000000000")

    header, claims, _ = made.url.partition("?jwt=")[2].split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for forged in (f"{none}.{claims}.", f"{header}.{claims}."):
        with pytest.raises(PermissionError, match="signature"):
            let_in(f"https://meet.example.org/{ROOM}?jwt={forged}", STARTS)


# Rooms


def test_a_room_has_a_name_that_is_guessed_from_nothing_and_another_for_each_time():
    names = {
        ROOM,
        ROOMS.of_appointment("a2", STARTS),
        ROOMS.of_appointment("a1", STARTS + timedelta(minutes=5)),
        ROOMS.of_room("a1"),
        Rooms(b"1" * 32).of_appointment("a1", STARTS),
    }

    assert len(names) == 5
    assert ROOMS.of_appointment("a1", STARTS) == ROOM
    for name in names:
        assert len(name) == 32
        assert SMALL.fullmatch(name)


def test_a_reader_is_somebody_else_in_every_room():
    assert ROOMS.guest("r1", "c1") == ROOMS.guest("r1", "c1")
    assert len({ROOMS.guest("r1", "c1"), ROOMS.guest("r2", "c1"), ROOMS.guest("r1", "c2")}) == 3


def test_a_sealed_link_is_opened_for_its_appointment_with_its_secret_alone():
    url = "https://video.example.org/4711"
    sealed = ROOMS.seal(url, "a1")

    assert url not in sealed
    assert ROOMS.unseal(sealed, "a1") == url
    assert ROOMS.unseal(sealed, "a2") is None
    assert Rooms(b"1" * 32).unseal(sealed, "a1") is None
    assert ROOMS.unseal(sealed[:-2], "a1") is None


# Settings


def test_an_organisations_own_system_goes_before_the_one_that_all_share(tmp_path):
    KeyFolder(tmp_path / "keys").make()
    file = tmp_path / "helsami.toml"
    file.write_text(
        f'bus = "amqp://localhost"\ndata = "{tmp_path}"\nvideo_url = "https://meet.example.org/"\n'
        '[video_links]\noya_legesenter = "https://video.example.org/meet/{room}?guest={guest}"\n'
    )

    told = conferences_of(Settings.read({"HELSAMI_CONFIG": str(file)}))

    assert told.of("oya_legesenter") == OWN
    secret = (tmp_path / "keys/video.key").read_text()
    assert told.of("st_olavs") == Jitsi("https://meet.example.org/", "helsami", "jitsi", secret)


def test_one_process_holds_them_on_its_own_machine_and_production_nowhere_unless_told(tmp_path):
    KeyFolder(tmp_path / "keys").make()
    folder = {"HELSAMI_DATA": str(tmp_path)}

    here = conferences_of(Settings.read(folder)).of("st_olavs")
    assert here is not None
    assert here.link(ROOM, "g1", WINDOW, STARTS, moderator=False).url.startswith("https://localhost:8443/")
    assert conferences_of(Settings.read({**folder, "HELSAMI_BUS": "amqp://localhost"})).of("st_olavs") is None


def test_a_jitsi_without_its_secret_stops_the_start(tmp_path):
    KeyFolder(tmp_path / "keys").make()
    (tmp_path / "keys/video.key").unlink()

    with pytest.raises(KeysUnusable, match=r"video\.key is missing"):
        conferences_of(Settings.read({"HELSAMI_DATA": str(tmp_path)}))


def _decoded(part: str) -> str:
    try:
        return base64.urlsafe_b64decode(part + "==").decode()
    except ValueError:
        return ""
