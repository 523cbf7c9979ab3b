"""What citizens say of themselves: kept for them alone, and never by one tab over another's head."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from harness.pictures import jpeg, png
from harness.register import document, graded, living_in
from helsami_directory.account.schemas import LoggedIn
from helsami_directory.models import CONTACTS, PHOTOS, PROFILES
from helsami_directory.profile.domain import MOST_CONTACTS, Profile
from helsami_directory.profile.photos import LARGEST, LONGEST_SIDE, picture
from helsami_directory.profile.schemas import Edit, InRegister
from helsami_directory.profile.schemas import Profile as ProfileSchema
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_kernel.testing import citizen_token

ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])
MODIG = "13838600136"
KARI = {"name": "Kvikk Kvist", "relation": "sibling", "phone": "+4700000001", "first": True}
SCOPES = ("profile:read", "profile:act")


def me(citizen="c1", **claims):
    return citizen_token(citizen, SCOPES, **claims)


@pytest.fixture
def edit(directory):
    def change(version, access=None, **changes):
        return directory.edit_profile({"version": version, **changes}, access or me())

    return change


@pytest.fixture
def read(directory):
    return lambda access=None: ProfileSchema().dump(directory.profile({}, access or me()))


@ON_BOTH
def test_a_profile_is_empty_until_something_is_told_and_keeps_what_is_not_named(edit, read):
    assert read() == ProfileSchema().dump(Profile())

    edit(0, email="modig@example.org", phone="+4700000001", address="Fjellvegen 1\n7030 Trondheim", language="nn")
    edited = edit(1, phone=None, shortcuts=["results", "calendar"], interpreter="so", about="Hører dårlig")

    assert edited == read()
    assert edited == {
        "version": 2,
        "email": "modig@example.org",
        "phone": None,
        "address": "Fjellvegen 1\n7030 Trondheim",
        "language": "nn",
        "interpreter": "so",
        "about": "Hører dårlig",
        "shortcuts": ["results", "calendar"],
    }


@ON_BOTH
def test_of_two_tabs_the_second_is_told_that_it_looked_at_something_old(edit, read):
    edit(0, phone="+4700000001")

    with pytest.raises(Conflict, match="changed-meanwhile"):
        edit(0, phone="+4700000002")
    assert read()["phone"] == "+4700000001"


@ON_BOTH
def test_nobody_reads_or_changes_what_another_has_told(edit, read, directory):
    edit(0, email="modig@example.org")
    contact = directory.add_contact(KARI, me())
    other = me("c2")

    assert read(other)["email"] is None
    edit(0, other, email="snar@example.org")
    assert read()["email"] == "modig@example.org"
    assert directory.contacts({}, other)["contacts"] == []
    for foreign in (contact["id"], "0" * 32):
        with pytest.raises(NotFound, match="contact-not-found"):
            directory.remove_contact({"contact": foreign, "version": 1}, other)
        with pytest.raises(NotFound, match="contact-not-found"):
            directory.change_contact({"contact": foreign, "version": 1, **KARI}, other)


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_statement_that_forgets_the_owner_finds_nobody_elses(edit, directory, store):
    edit(0, email="modig@example.org")
    directory.add_contact(KARI, me())
    directory.set_photo({"photo": base64.b64encode(png()).decode()}, me())

    with store.transaction("c2") as tx:
        assert [tx.connection.execute(sa.select(table)).all() for table in (PROFILES, CONTACTS, PHOTOS)] == [[]] * 3


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "email": ["modig", "modig@", "@example.org", "a b@example.org", f"{'a' * 250}@example.org", 7, ""],
        "phone": ["00000001", "+47 00 00 00 01", "+0700000001", "+47000", "+4700000000000001", "+47٠٠٠٠٠٠٠١", ""],
        "address": ["", "  \n ", "x" * 301, "\x1b[2J", 7],
        "language": ["se", "NB", ""],
        "interpreter": ["norsk språk", "", "e"],
        "about": ["", "x" * 501, "\x00"],
        "shortcuts": [["results", "results"], ["nowhere"], ["results"] * 9, "results", None],
        "version": [-1, "1", None, 1.5],
    }.items(),
)
def test_what_is_not_of_its_form_is_refused_by_its_name(edit, read, field, values):
    for value in values:
        with pytest.raises(Malformed) as refused:
            edit(**{"version": 0, field: value})
        assert refused.value.problems[0].field.partition(".")[0] == field
    assert read()["version"] == 0


def test_a_field_that_there_is_not_is_refused(edit):
    with pytest.raises(Malformed):
        edit(0, national_id=MODIG)


@given(st.dictionaries(st.sampled_from(("email", "phone", "address", "about")), st.text(max_size=20)))
def test_whatever_is_written_is_kept_as_written_or_refused(changes):
    wrong = Edit().validate({"version": 0, **changes})

    assert set(wrong) <= set(changes)
    if not wrong:
        assert Edit().load({"version": 0, **changes}) == {"version": 0, **changes}


@ON_BOTH
def test_next_of_kin_are_listed_as_they_were_named_and_one_is_the_first(directory, clock):
    first = directory.add_contact(KARI, me())
    clock.move(timedelta(seconds=1))
    second = directory.add_contact({"name": "Blid Ball", "relation": "friend", "first": True}, me())

    listed = directory.contacts({}, me())["contacts"]

    assert [(one.name, one.first) for one in listed] == [("Kvikk Kvist", False), ("Blid Ball", True)]
    changed = directory.change_contact(
        {"contact": first["id"], "version": 2, "name": "Kvikk Kvist", "relation": "friend", "first": True}, me()
    )
    assert (changed["version"], changed["phone"], changed["first"]) == (3, None, True)
    assert directory.remove_contact({"contact": second["id"], "version": 2}, me()) == {"id": second["id"]}
    assert [one.name for one in directory.contacts({}, me())["contacts"]] == ["Kvikk Kvist"]


@ON_BOTH
def test_one_who_was_changed_in_another_tab_is_neither_changed_nor_removed(directory):
    contact = directory.add_contact(KARI, me())
    directory.change_contact({"contact": contact["id"], "version": 1, **KARI, "phone": "+4700000002"}, me())

    with pytest.raises(Conflict, match="changed-meanwhile"):
        directory.change_contact({"contact": contact["id"], "version": 1, **KARI}, me())
    with pytest.raises(Conflict, match="changed-meanwhile"):
        directory.remove_contact({"contact": contact["id"], "version": 1}, me())


def test_the_same_command_under_the_same_key_names_one_person_once(directory):
    for _ in range(2):
        directory.add_contact(KARI, me(idempotency_key="k1"))

    assert len(directory.contacts({}, me())["contacts"]) == 1


def test_there_are_at_most_so_many_next_of_kin(directory):
    for _ in range(MOST_CONTACTS):
        directory.add_contact(KARI, me())

    with pytest.raises(Refused, match="too-many-contacts"):
        directory.add_contact(KARI, me())


def test_next_of_kin_are_said_to_be_right_without_being_changed(directory, edit):
    assert directory.contacts({}, me())["checked_at"] is None

    assert directory.check_contacts({}, me())["checked_at"] == "2026-03-01T12:00:00Z"
    assert edit(0, phone="+4700000001")["version"] == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "a\nb"}, {"name": "x" * 101}, {"relation": "boss"}, {"phone": "12"}, {"first": "perhaps"}],
)
def test_next_of_kin_of_another_form_is_refused(directory, wrong):
    with pytest.raises(Malformed) as refused:
        directory.add_contact({**KARI, **wrong}, me())
    assert [problem.field for problem in refused.value.problems] == list(wrong)


@pytest.mark.parametrize(
    ("method", "command"),
    [
        ("profile", {}),
        ("edit_profile", {"version": 0}),
        ("contacts", {}),
        ("add_contact", KARI),
        ("change_contact", {"contact": "x", "version": 1, **KARI}),
        ("remove_contact", {"contact": "x", "version": 1}),
        ("check_contacts", {}),
        ("photo", {}),
        ("set_photo", {"photo": base64.b64encode(png()).decode()}),
        ("remove_photo", {}),
        ("in_register", {}),
    ],
)
def test_a_representative_neither_reads_nor_changes_what_somebody_says_of_themselves(directory, method, command):
    with pytest.raises(Forbidden, match="not-for-representatives"):
        getattr(directory, method)(command, me(basis="grant", actor="c2", issuer="consents"))


@ON_BOTH
@pytest.mark.parametrize(("made", "media"), [(png, "image/png"), (jpeg, "image/jpeg")])
def test_a_photo_is_kept_for_its_owner_alone_and_can_be_changed_and_removed(directory, made, media):
    kept = directory.set_photo({"photo": base64.b64encode(made()).decode()}, me())
    again = directory.set_photo({"photo": base64.b64encode(made()).decode()}, me())

    assert (kept, again["version"]) == ({"version": 1, "media": media}, 2)
    shown = directory.photo({}, me())
    assert picture(base64.b64decode(shown["photo"])) == (media, base64.b64decode(shown["photo"]))
    with pytest.raises(NotFound, match="photo-not-found"):
        directory.photo({}, me("c2"))
    directory.remove_photo({}, me())
    with pytest.raises(NotFound, match="photo-not-found"):
        directory.photo({}, me())


@pytest.mark.parametrize("segment", [b"\xff\xe0\x00\x20JFXX\0", b"\xff\xe0\x00\x20JFIF\0", b"\xff\xee\x00\x20Adobe"])
def test_a_photo_keeps_no_thumbnail_where_its_colours_are_told(segment):
    small = segment.ljust(34, b"t")

    assert picture(b"\xff\xd8" + small + jpeg()[2:]) == picture(jpeg())


@pytest.mark.parametrize("made", [png, jpeg])
def test_where_and_when_a_photo_was_taken_is_left_out_and_the_picture_is_not(made):
    plain, told = made(), made(told=b"GPS 63.4N 10.4E 2026:03:01")

    assert b"GPS" in told
    assert picture(told)[1] == picture(plain)[1]
    assert b"GPS" not in picture(told)[1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        png()[:-1],
        png()[:40],
        png().replace(b"IDAT", b"IDAX"),
        png(width=LONGEST_SIDE + 1),
        png(width=0),
        png(told=b"x" * LARGEST),
        jpeg()[:-2],
        jpeg()[:20],
        jpeg(width=LONGEST_SIDE + 1),
        jpeg(height=0),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8<html>",
    ],
)
def test_what_is_no_bounded_picture_is_refused(body):
    with pytest.raises(Malformed, match="photo-form"):
        picture(body)


@given(st.binary(max_size=300), st.sampled_from((b"", png()[:33], jpeg()[:4], jpeg())))
def test_no_bytes_at_all_break_the_reader_of_photos(tail, head):
    try:
        media, kept = picture(head + tail)
    except Malformed:
        return
    assert picture(kept) == (media, kept)


def test_bytes_behind_a_picture_are_left_out():
    assert picture(png() + b"<script>")[1] == picture(png())[1]
    assert picture(jpeg() + b"<script>")[1] == picture(jpeg())[1]


@pytest.mark.parametrize("photo", ["", "%%%", "aGVp", base64.b64encode(b"x" * 900_000).decode(), 7])
def test_what_is_no_photo_in_base64_is_refused_by_its_name(directory, photo):
    with pytest.raises(Malformed) as refused:
        directory.set_photo({"photo": photo}, me())
    assert [problem.field for problem in refused.value.problems] == ["photo"]


@pytest.fixture
def logged_in(directory, in_register):
    def enter(**said):
        in_register({MODIG: document("Modig Fjell", **said)})
        gateway = replace(citizen_token("", ["directory:identify"], basis="service"), subject=None)
        return LoggedIn().dump(directory.log_in({"national_id": MODIG}, gateway))["citizen"]

    return enter


@ON_BOTH
def test_what_the_register_says_is_shown_to_oneself(directory, logged_in):
    citizen = logged_in(**living_in("Fjellvegen"))

    assert InRegister().dump(directory.in_register({}, me(citizen))) == {
        "known": True,
        "name": "Modig Fjell",
        "birth_date": "1986-03-13",
        "address": "H0101, Fjellvegen 1, 7030 TRONDHEIM",
        "protection": "none",
    }


def test_a_protected_address_is_shown_to_nobody_not_even_to_whose_it_is(directory, logged_in, register):
    citizen = logged_in(**living_in("Fjellvegen"))
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    register(MODIG, meta={"security": [label]})  # a record system says so, and the register not yet

    shown = InRegister().dump(directory.in_register({}, me(citizen)))

    assert (shown["address"], shown["protection"]) == (None, "strictly-confidential")


def test_a_protected_address_of_the_registers_is_not_there_to_be_shown(directory, logged_in):
    citizen = logged_in(**graded("fortrolig"), **living_in("Fjellvegen"))

    shown = InRegister().dump(directory.in_register({}, me(citizen)))

    assert (shown["address"], shown["protection"]) == (None, "confidential")


def test_who_logs_in_again_is_met_in_the_language_that_they_have_chosen(directory, logged_in, edit):
    citizen = logged_in()
    edit(0, me(citizen), language="nn")
    gateway = replace(citizen_token("", ["directory:identify"], basis="service"), subject=None)

    assert directory.log_in({"national_id": MODIG}, gateway)["language"] == "nn"
