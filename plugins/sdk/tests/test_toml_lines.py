"""Where a key stands in a TOML file."""

import tomllib
from pathlib import Path

import pytest

from helsami_sdk.toml_lines import line_of, lines_of, nearest_line

PLUGINS = Path(__file__).parents[2]

TEXT = '''# a comment with [brackets] and a = sign
id = "x # no comment"
"quoted key" = 'and = [this]'
dotted.key = 1979-05-27 07:32:32

[names]  # of the whole
nb = """
tier = "inside a text"
[[booking]]
"""
nn = { of = { depth = 1 }, more = 2 }
# a line

[[booking]]
visit_types = [
    "a]b",  # ]
    "c",
]
tier = "direct"

[[booking]]
tier = \'\'\'
x = 1\'\'\'
  [[booking.steps]]
  channels = ["portal"]
  [[booking.steps]]
  channels = ["post"]
  [booking.note]
  text = "\\"quoted\\" = 1"
[[rows]]
steps = [{channels = ["portal"]}, {channels = [
    "post"]}]
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("id", 2),
        ("quoted key", 3),
        ("dotted", 4),
        ("dotted.key", 4),
        ("names", 6),
        ("names.nb", 7),
        ("names.nn", 11),
        ("names.nn.of.depth", 11),
        ("names.nn.more", 11),
        ("booking", 14),
        ("booking[1]", 14),
        ("booking[1].visit_types", 15),
        ("booking[1].visit_types[2]", 17),
        ("booking[1].tier", 19),
        ("booking[2]", 21),
        ("booking[2].tier", 22),
        ("booking[2].steps[1].channels", 25),
        ("booking[2].steps[2].channels", 27),
        ("booking[2].note.text", 29),
        ("rows[1].steps[1].channels", 31),
        ("rows[1].steps[2].channels", 31),
        ("rows[1].steps[2].channels[1]", 32),
    ],
)
def test_a_key_is_found_on_its_line(key, line):
    tomllib.loads(TEXT)

    assert lines_of(TEXT)[key] == line


@pytest.mark.parametrize(("key", "line"), [("booking[2].reason", 21), ("names.se.x", 6), ("nothing.like.it", 0)])
def test_a_key_that_is_missing_is_missed_where_its_table_stands(key, line):
    assert nearest_line(lines_of(TEXT), key) == line


def keys(value, path=""):
    """The path of every key and every item of a parsed file."""
    named = value.items() if isinstance(value, dict) else ()
    for name, below in named:
        yield from [f"{path}.{name}".lstrip("."), *keys(below, f"{path}.{name}".lstrip("."))]
    for number, below in enumerate(value if isinstance(value, list) else (), start=1):
        yield from [f"{path}[{number}]", *keys(below, f"{path}[{number}]")]


@pytest.mark.parametrize("file", sorted(PLUGINS.glob("*/**/*.toml")), ids=lambda file: file.name)
def test_every_key_of_the_files_here_is_found(file):
    text = file.read_text(encoding="utf-8")

    assert lines_of(text).keys() == set(keys(tomllib.loads(text)))


@pytest.mark.parametrize("text", ["a", "a = ", "[a", "a = [1", "= 1", "[[a]]\nb = {", "a = '", "]", "a ? 1"])
def test_what_is_no_toml_is_read_as_far_as_it_goes(text):
    assert set(lines_of(text).values()) <= {1, 2}


def test_a_file_that_is_not_there_has_its_keys_on_the_first_line(tmp_path):
    assert line_of(tmp_path / "manifest.toml", "id") == 1
