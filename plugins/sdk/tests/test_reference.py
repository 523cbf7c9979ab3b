"""The reference in plugins/README.md is what the code says."""

from pathlib import Path

import pytest

from helsami_sdk import reference
from helsami_sdk.hooks import HOOKS
from helsami_sdk.policy import TABLES, read_policy
from helsami_sdk.tables import Misconfigured

README = Path(__file__).parents[2] / "README.md"


def test_the_page_on_organisations_holds_the_reference_as_the_code_has_it():
    text = README.read_text(encoding="utf-8")

    assert text == reference.renewed(text), "run: make reference"


def test_every_hook_is_asked_and_every_table_is_explained():
    page = reference.page()

    assert all(f"### `{hook}`\n" in page for hook in HOOKS)
    assert all(f"### `[[{table}]]`\n" in page for table in TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_the_keys_of_a_table_are_those_that_its_rows_may_have(name, tmp_path):
    told = [key.name.partition(".")[0] for key in reference.keys_of(TABLES[name])]
    (tmp_path / "policy.toml").write_text(f"[[{name}]]\nnonsense = 1", encoding="utf-8")

    with pytest.raises(Misconfigured, match=f"nonsense: unknown; expected one of {', '.join(sorted(set(told)))}(;|$)"):
        read_policy(tmp_path)


def test_a_key_says_what_is_expected_and_what_leaving_it_out_means():
    keys = {key.name: key for key in reference.keys_of(TABLES["delivery"])}

    assert keys["kinds"] == ("kinds", "a list of texts", "any")
    assert keys["steps.channels"].left_out == "*needed*"
    assert keys["steps.opened_within_days"] == ("steps.opened_within_days", "a whole number from 1 to 5", "2")


def test_only_the_marked_part_of_a_page_is_made():
    text = f"before\n{reference.BEGIN}\nstale words\n{reference.END}\nafter\n"

    renewed = reference.renewed(text)

    assert renewed.startswith(f"before\n{reference.BEGIN}\n## What is asked\n")
    assert renewed.endswith(f"\n{reference.END}\nafter\n")
    assert "stale words" not in renewed


def test_a_page_without_the_marks_is_left_alone():
    with pytest.raises(ValueError, match="expected <!--"):
        reference.renewed("nothing is marked here")


def test_it_is_printed_or_written(tmp_path, capsys):
    page = tmp_path / "README.md"
    page.write_text(f"{reference.BEGIN}\n{reference.END}", encoding="utf-8")

    assert reference.main([]) == reference.main([str(page)]) == 0

    assert capsys.readouterr().out == reference.page()
    assert page.read_text(encoding="utf-8") == f"{reference.BEGIN}\n{reference.page()}{reference.END}"
