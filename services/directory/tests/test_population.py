"""The two registers, which answer the same to the same question, and what each does when it cannot."""

import time
from datetime import timedelta

import eventlet
import orjson
import pytest
from eventlet import wsgi
from werkzeug.wrappers import Request, Response

from harness.register import cared_for_by, document, living_in
from helsami_directory.register.domain import Changes
from helsami_directory.register.folkeregisteret import A_PAGE, LEFT_ALONE_FOR, TRIES, TRY_WITHIN, Folkeregisteret
from helsami_directory.register.synthetic import Synthetic
from helsami_kernel.errors import Unavailable

MOTHER, CHILD, NOBODY = "13838600136", "01851212345", "01810112345"
PEOPLE = {
    MOTHER: document(**living_in("Fjellvegen")),
    CHILD: document("Snar Fjell", "2019-05-01", **cared_for_by(MOTHER), **living_in("Fjellvegen")),
}


class Skatteetaten:
    """A small server that answers as Folkeregisteret does; how it fails can be chosen."""

    def __init__(self):
        self.asked = []
        self.failing = 0
        self.answer = self.look_up
        self.feed = []

    @Request.application
    def __call__(self, request):
        self.asked.append(request)
        if self.failing:
            self.failing -= 1
            return Response(orjson.dumps({"kode": "FREG-001"}), 500, content_type="application/json")
        if request.path.endswith("/hendelser/siste/sekvensnummer"):
            return self.said({"sekvensnummer": self.feed[-1][0] if self.feed else 0})
        if request.path.endswith("/hendelser/feed"):
            since = int(request.args["seq"])
            told = [(place, who) for place, who in self.feed if place >= since][:A_PAGE]
            page = [{"sekvensnummer": at, "hendelse": {"folkeregisteridentifikator": who}} for at, who in told]
            return self.said(page)
        return self.answer(request)

    def said(self, answer):
        return Response(orjson.dumps(answer), content_type="application/json")

    def look_up(self, request):
        asked = orjson.loads(request.get_data())["foedselsEllerDNummer"]
        found = [
            {"foedselsEllerDNummer": each, "folkeregisterperson": PEOPLE[each]} for each in asked if each in PEOPLE
        ]
        return Response(orjson.dumps({"oppslag": found}), content_type="application/json")


@pytest.fixture
def server():
    return Skatteetaten()


@pytest.fixture
def address(server):
    listening = eventlet.listen(("127.0.0.1", 0))
    serving = eventlet.spawn(wsgi.server, listening, server, log_output=False)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving.kill()
    listening.close()


@pytest.fixture
def moment():
    return [1000.0]


@pytest.fixture
def asked_over_http(address, tmp_path, moment):
    (tmp_path / "register.token").write_text("from-maskinporten\n")
    return Folkeregisteret(address, tmp_path / "register.token", lambda: moment[0])


@pytest.fixture
def read_from_a_file(tmp_path):
    entries = [{"foedselsEllerDNummer": each, "folkeregisterperson": said} for each, said in PEOPLE.items()]
    (tmp_path / "register.json").write_bytes(orjson.dumps({"oppslag": entries}))
    return Synthetic(tmp_path / "register.json")


@pytest.fixture(params=["asked_over_http", "read_from_a_file"])
def population(request):
    return request.getfixturevalue(request.param)


def test_both_registers_answer_the_same(population):
    found = population.people([MOTHER, CHILD, NOBODY])

    assert found.keys() == {MOTHER, CHILD}
    assert (found[CHILD].name, found[CHILD].holders) == ("Snar Fjell", {MOTHER})
    assert found[CHILD].address == found[MOTHER].address
    assert population.present


@pytest.fixture
def change(population, request, server, tmp_path):
    """Let the register that is asked say something else of somebody; places in the feed have gaps."""

    def in_the_file(national_id, document_of):
        people = PEOPLE | {national_id: document_of}
        entries = [{"foedselsEllerDNummer": each, "folkeregisterperson": said} for each, said in people.items()]
        (tmp_path / "register.json").write_bytes(orjson.dumps({"oppslag": entries}))

    def over_http(national_id, _document):
        server.feed.append((server.feed[-1][0] + 3 if server.feed else 40_241, national_id))

    return in_the_file if isinstance(population, Synthetic) else over_http


def test_both_registers_say_of_whom_they_say_something_else_since_a_place_and_only_once(population, change):
    begun = population.latest()
    assert population.changes(begun) == Changes(frozenset(), begun)

    change(CHILD, document("Snar Bekk", "2019-05-01"))

    told = population.changes(begun)
    assert (told.national_ids, told.more) == ({CHILD}, False)
    assert told.place > begun
    assert population.changes(told.place) == Changes(frozenset(), told.place)
    assert population.latest() == told.place


def test_a_file_of_which_this_process_has_not_seen_the_version_has_changed_for_everybody(read_from_a_file, tmp_path):
    read_from_a_file.latest()

    assert Synthetic(tmp_path / "register.json").changes(1).national_ids == set(PEOPLE)


def test_the_feed_is_read_a_page_at_a_time_and_names_nobody_in_its_address(asked_over_http, server):
    server.feed = [(2 * number, f"{number:011}") for number in range(1, A_PAGE + 3)]

    first = asked_over_http.changes(0)
    second = asked_over_http.changes(first.place)

    assert (len(first.national_ids), first.place, first.more) == (A_PAGE, 2 * A_PAGE, True)
    assert (len(second.national_ids), second.more) == (2, False)
    assert [(asked.method, asked.path.rpartition("/api/v1")[2], asked.query_string) for asked in server.asked] == [
        ("GET", "/hendelser/feed", b"seq=1"),
        ("GET", "/hendelser/feed", b"seq=2001"),
    ]
    assert server.asked[0].headers["Authorization"] == "Bearer from-maskinporten"


@pytest.mark.parametrize(
    "feed",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"hendelse": {"folkeregisteridentifikator": "13838600136"}}]',
        b'[{"sekvensnummer": 5, "hendelse": {}}]',
        b'[{"sekvensnummer": "8", "hendelse": {}}]',
        b'[{"sekvensnummer": true, "hendelse": {}}]',
    ],
    ids=["nothing", "no list", "no change", "no place", "a place before", "a word", "a truth"],
)
def test_what_is_no_page_of_the_feed_is_a_failure_and_not_no_change(asked_over_http, server, feed):
    server.said = lambda _answer: Response(feed, content_type="application/json")

    with pytest.raises(Unavailable):
        asked_over_http.changes(7)


def test_a_feed_that_fails_leaves_questions_about_people_alone(asked_over_http, server):
    server.failing = 1

    with pytest.raises(Unavailable):
        asked_over_http.latest()

    assert asked_over_http.people([MOTHER]).keys() == {MOTHER}


def test_nobody_asked_about_is_nobody_found(population):
    assert population.people([]) == {}


def test_a_question_over_http_names_nobody_in_its_address_and_asks_for_no_more_than_is_read(asked_over_http, server):
    asked_over_http.people([MOTHER])

    (asked,) = server.asked
    assert asked.method == "POST"
    assert asked.path == "/folkeregisteret/offentlig-med-hjemmel/api/v1/personer/bulkoppslag"
    assert MOTHER not in asked.url
    assert "foreldreansvar" in asked.args.getlist("part")
    assert "sivilstand" not in asked.args.getlist("part")
    assert asked.headers["Authorization"] == "Bearer from-maskinporten"


def test_a_failure_is_tried_again_once(asked_over_http, server):
    server.failing = 1

    assert asked_over_http.people([MOTHER]).keys() == {MOTHER}
    assert len(server.asked) == 2


def test_a_register_that_keeps_failing_is_away_and_is_left_alone_for_a_while(asked_over_http, server, moment):
    server.failing = TRIES
    with pytest.raises(Unavailable):
        asked_over_http.people([MOTHER])
    with pytest.raises(Unavailable):
        asked_over_http.people([MOTHER])
    assert len(server.asked) == TRIES

    moment[0] += LEFT_ALONE_FOR.total_seconds()

    assert asked_over_http.people([MOTHER]).keys() == {MOTHER}


def trickling(_request):
    def pieces():
        while True:
            yield b" "
            eventlet.sleep(0.1)

    return Response(pieces(), content_type="application/json")


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: Response(b"<html>", content_type="text/html"),
        lambda _: Response(b"{}", 404),
        lambda _: Response(b"", 302, {"Location": "http://127.0.0.1:1/"}),
        trickling,
    ],
    ids=["no answer of the register's", "not found", "elsewhere", "without end"],
)
def test_what_is_no_answer_is_a_failure_and_not_nobody_within_a_bounded_time(asked_over_http, server, answer):
    server.answer = answer
    began = time.monotonic()

    with pytest.raises(Unavailable):
        asked_over_http.people([MOTHER])

    assert timedelta(seconds=time.monotonic() - began) < TRIES * TRY_WITHIN + timedelta(seconds=0.5)


def test_a_register_that_does_not_listen_is_away(tmp_path):
    with pytest.raises(Unavailable):
        Folkeregisteret("http://127.0.0.1:1", tmp_path / "register.token").people([MOTHER])


def test_many_are_asked_about_in_several_questions(asked_over_http, server):
    many = [f"{number:011}" for number in range(1500)]

    assert asked_over_http.people([*many, MOTHER]).keys() == {MOTHER}
    assert len(server.asked) == 2


def test_a_file_that_changes_is_read_again(read_from_a_file, tmp_path):
    read_from_a_file.people([MOTHER])
    (tmp_path / "register.json").write_bytes(b'{"oppslag": []}')

    assert read_from_a_file.people([MOTHER]) == {}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"oppslag": [{}]}', b'{"oppslag": 1}'])
def test_a_file_that_is_no_register_is_a_failure_and_not_nobody(read_from_a_file, tmp_path, content):
    (tmp_path / "register.json").write_bytes(content)

    with pytest.raises(Unavailable):
        read_from_a_file.people([MOTHER])


def test_no_file_is_no_register(tmp_path):
    assert not Synthetic(tmp_path / "register.json").present
