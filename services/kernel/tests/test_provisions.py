"""What a service is given beside bus, database and rules."""

from dataclasses import dataclass

import pytest

from helsami_kernel.config import Settings
from helsami_kernel.keys import KeyFolder, KeysUnusable
from helsami_kernel.provisions import CurrentSettings, FromKeys, FromSettings


@dataclass
class Host:
    """What an extension sees of the container that it is bound to, which it refers to weakly."""

    config: dict[str, object]


@pytest.fixture
def container(tmp_path):
    return Host({"settings": Settings.read({"HELSAMI_DATA": str(tmp_path)})})


def test_a_service_is_given_the_settings_of_its_process(container):
    given = CurrentSettings().bind(container, "settings")

    assert given.get_dependency(None) is container.config["settings"]


def test_what_is_made_of_the_keys_is_made_once(container):
    KeyFolder(container.config["settings"].keys).make()
    secret = FromKeys(lambda keys: keys.secret("identity")).bind(container, "secret")

    secret.setup()

    assert len(secret.get_dependency(None)) == 32
    assert secret.get_dependency(None) is secret.get_dependency(None)


def test_what_is_made_of_the_settings_is_made_once_and_what_is_wrong_stops_the_start(container):
    def make(settings):
        return [settings.host, KeyFolder(settings.keys).secret("rooms")]

    given = FromSettings(make).bind(container, "given")
    with pytest.raises(KeysUnusable, match=r"rooms\.key is missing"):
        given.setup()
    KeyFolder(container.config["settings"].keys).make()
    given.setup()

    assert given.get_dependency(None)[0] == "127.0.0.1"
    assert given.get_dependency(None) is given.get_dependency(None)


def test_a_missing_key_stops_the_start(container):
    secret = FromKeys(lambda keys: keys.secret("identity")).bind(container, "secret")

    with pytest.raises(KeysUnusable, match=r"identity\.key is missing"):
        secret.setup()
