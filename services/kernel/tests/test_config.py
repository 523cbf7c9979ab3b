"""Settings: what a process is told, and what it says about a wrong one."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from helsami_kernel.config import Settings, SettingsWrong, _SettingsSchema

README = Path(__file__).parents[3] / "README.md"
NO_DEFAULT = "–"


def test_nothing_set_means_everything_in_one_process_with_files_in_the_data_folder():
    settings = Settings.read({})

    assert settings.embedded
    assert settings.database_url("results") == f"sqlite:///{Path.cwd()}/.helsami/results.db"
    assert (settings.host, settings.port, settings.ops_port) == ("127.0.0.1", 8000, None)
    assert settings.keys == Path.cwd() / ".helsami" / "keys"
    assert settings.view_deadline == timedelta(seconds=2.5)
    assert settings.retry_delays == tuple(timedelta(seconds=s) for s in (1, 10, 60, 600))
    assert dict(settings.event_queue_arguments) == {}


def test_the_environment_goes_before_the_file(tmp_path):
    file = tmp_path / "helsami.toml"
    file.write_text(
        'port = 9000\nmax_workers = 3\n[event_queue_arguments]\nx-queue-type = "quorum"\nx-delivery-limit = 5\n'
    )

    settings = Settings.read({"HELSAMI_CONFIG": str(file), "HELSAMI_PORT": "9001"})

    assert (settings.port, settings.max_workers) == (9001, 3)
    assert settings.event_queue_arguments == {"x-queue-type": "quorum", "x-delivery-limit": 5}


@pytest.mark.parametrize("value", ["1.5", "[1]", "{ a = 1 }", "2026-03-01"])
def test_a_queue_argument_is_a_word_a_whole_number_or_a_flag(tmp_path, value):
    file = tmp_path / "helsami.toml"
    file.write_text(f"[event_queue_arguments]\nx-queue-type = {value}\n")

    with pytest.raises(SettingsWrong, match=r"^event_queue_arguments in the file of HELSAMI_CONFIG: expected a table"):
        Settings.read({"HELSAMI_CONFIG": str(file)})


@pytest.mark.parametrize(
    "url",
    ["http://meet.example.org", "https://meet.example.org/?a=b", "https://u:p@meet.example.org", "meet.example.org"],
)
def test_consultations_by_video_are_held_over_tls(url):
    with pytest.raises(SettingsWrong, match=r"^HELSAMI_VIDEO_URL: expected an address beginning with https://"):
        Settings.read({"HELSAMI_VIDEO_URL": url})
    for held in ("https://meet.example.org:8443/region", "http://localhost:8000", "http://127.0.0.1"):
        assert Settings.read({"HELSAMI_VIDEO_URL": held}).video_url == held


@pytest.mark.parametrize(
    "link",
    [
        "http://video.example.org/{room}?guest={guest}",
        "https://{room}.example.org/{guest}",
        "https://video.example.org/{room}",
        "https://video.example.org/{guest}",
        "https://video.example.org/{room}/{room}?guest={guest}",
        "https://video.example.org/{room}/{guest}/{name}",
        "https://u:p@video.example.org/{room}/{guest}",
        "https://video.example.org/{room} {guest}",
    ],
)
def test_an_organisations_own_link_names_its_host_and_leaves_room_for_a_room_and_a_guest(tmp_path, link):
    file = tmp_path / "helsami.toml"
    file.write_text(f'[video_links]\noya_legesenter = "{link}"\n')
    with pytest.raises(SettingsWrong, match=r"^video_links in the file of HELSAMI_CONFIG: expected a table of https"):
        Settings.read({"HELSAMI_CONFIG": str(file)})

    good = "https://video.example.org/meet/{room}?guest={guest}"
    file.write_text(f'[video_links]\noya_legesenter = "{good}"\n')
    assert Settings.read({"HELSAMI_CONFIG": str(file)}).video_links == {"oya_legesenter": good}


def test_organisations_code_runs_apart_in_production_and_here_where_one_tries_things():
    broker = {"HELSAMI_BUS": "amqp://guest@localhost"}

    assert Settings.read({}).rules == "inline"
    assert Settings.read(broker).rules == "host"
    assert Settings.read(broker | {"HELSAMI_RULES": "inline"}).rules == "inline"
    assert Settings.read({"HELSAMI_RULES": "host"}).rules == "host"


def test_every_service_has_its_own_database():
    settings = Settings.read({"HELSAMI_DATABASE": "postgresql+psycopg2://u:p{}@db/{service}"})

    assert settings.database_url("results") == "postgresql+psycopg2://u:p{}@db/results"


def test_delays_are_written_with_commas_in_the_environment():
    settings = Settings.read({"HELSAMI_RETRY_DELAYS": "0.1,2"})

    assert settings.retry_delays == (timedelta(seconds=0.1), timedelta(seconds=2))


def test_an_empty_variable_is_not_set():
    assert Settings.read({"HELSAMI_OPS_PORT": ""}).ops_port is None


def test_a_bus_with_a_broker_is_not_embedded():
    assert not Settings.read({"HELSAMI_BUS": "amqp://localhost"}).embedded


@pytest.mark.parametrize("database", ["postgresql://db/x", "postgresql+psycopg://db/x", "mysql://db/x", "results.db"])
def test_a_database_without_the_right_driver_named_is_refused(database):
    with pytest.raises(SettingsWrong, match=r"^HELSAMI_DATABASE: expected .*postgresql\+psycopg2://"):
        Settings.read({"HELSAMI_DATABASE": database})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HELSAMI_PORT", "70000"),
        ("HELSAMI_PORT", "tcp://10.0.0.1:8000"),
        ("HELSAMI_BUS", "redis://localhost"),
        ("HELSAMI_MAX_WORKERS", "-7"),
        ("HELSAMI_VIEW_DEADLINE", "never"),
        ("HELSAMI_RULES", "elsewhere"),
        ("HELSAMI_GRACE", "-1"),
        ("HELSAMI_RETRY_DELAYS", "1,soon"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_and_keeps_its_value_to_itself(variable, value):
    with pytest.raises(SettingsWrong) as wrong:
        Settings.read({variable: value})

    text = str(wrong.value)
    assert text.startswith(f"{variable}: expected ")
    assert "\n" not in text
    assert value not in text


def test_a_misspelt_setting_in_the_file_is_refused(tmp_path):
    file = tmp_path / "helsami.toml"
    file.write_text("prot = 9000\n")

    with pytest.raises(SettingsWrong, match=r"no other fields than .*port"):
        Settings.read({"HELSAMI_CONFIG": str(file)})


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("HELSAMI_PROT", "HELSAMI_PROT: not a setting that the environment has; HELSAMI_PORT is one"),
        ("HELSAMI_XYZZY", "HELSAMI_XYZZY: not a setting that the environment has"),
        ("HELSAMI_EVENT_QUEUE_ARGUMENTS", "HELSAMI_EVENT_QUEUE_ARGUMENTS: not a setting that the environment has"),
    ],
)
def test_a_misspelt_variable_is_one_line_that_names_it_and_keeps_its_value_to_itself(variable, says):
    with pytest.raises(SettingsWrong) as wrong:
        Settings.read({variable: "hunter2", "PATH": "/bin"})

    assert str(wrong.value) == says


def test_what_the_commands_read_and_what_is_empty_is_no_stranger():
    Settings.read({"HELSAMI_URL": "http://127.0.0.1:1", "HELSAMI_TOKEN": "t", "HELSAMI_PROT": ""})


def test_every_setting_is_in_the_readme_with_its_default():
    table = README.read_text(encoding="utf-8").partition("## Settings\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| `?(.+?)`? \|", table, re.MULTILINE))
    fields = _SettingsSchema().fields
    told = {f"HELSAMI_{name.upper()}": default for name, default in rows.items() if default != NO_DEFAULT}

    assert set(rows) == set(fields)
    assert Settings.read(told) == Settings.read({})
    assert {n for n, default in rows.items() if default == NO_DEFAULT} == {
        name for name, field in fields.items() if field.load_default in (None, dict)
    }


def test_a_wrong_setting_in_the_file_is_named_as_such(tmp_path):
    file = tmp_path / "helsami.toml"
    file.write_text('port = "hunter2"\n')

    with pytest.raises(SettingsWrong, match=r"^port in the file of HELSAMI_CONFIG: expected a whole number"):
        Settings.read({"HELSAMI_CONFIG": str(file)})


@pytest.mark.parametrize(("content", "says"), [(b"port = = 1", r"not TOML \(at line 1"), (b"\xff", "not UTF-8")])
def test_a_file_that_is_no_toml_is_one_clear_line(tmp_path, content, says):
    file = tmp_path / "helsami.toml"
    file.write_bytes(content)

    with pytest.raises(SettingsWrong, match=says):
        Settings.read({"HELSAMI_CONFIG": str(file)})


def test_a_file_that_is_missing_is_one_clear_line():
    with pytest.raises(SettingsWrong, match=r"^HELSAMI_CONFIG: cannot read the file"):
        Settings.read({"HELSAMI_CONFIG": "nowhere.toml"})


def test_no_password_is_in_a_repr():
    settings = Settings.read(
        {"HELSAMI_BUS": "amqp://u:hunter2@b//", "HELSAMI_DATABASE": "postgresql+psycopg2://u:hunter2@db/{service}"}
    )

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)
