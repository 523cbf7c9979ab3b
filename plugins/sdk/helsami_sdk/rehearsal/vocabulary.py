"""The words an organisation's rules know: what a corpus must hold for a change to be seen in it."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from helsami_sdk.discovery import Found
from helsami_sdk.policy import Policy

# The same field means something else in some tables.
_IN_TABLE = {
    ("forms", "kind"): "form",
    ("delivery", "kind"): "letter",
    ("inbound", "code"): "inbound",
}
# Fields of questions whose words are organisations' own, and the lists of words in what a row says.
_OWN = frozenset(
    {"author_role", "category", "code", "element", "priority", "resource", "role", "service", "system", "topic", "unit",
     "visit_type"},
)  # fmt: skip
_SAID = {"forms": "form", "priorities": "priority"}

Words = Mapping[str, frozenset[str]]


def vocabulary(organisations: Iterable[Found]) -> Words:
    """By the field of a question, everything that these rules name there; a word that no rule names changes nothing."""
    known: dict[str, set[str]] = defaultdict(set)
    for one in organisations:
        known["unit"] |= one.manifest.units.keys()
        for field, words in _of_policy(one.policy):
            known[field].update(words)
        for field, word in _of_code(one.module):
            for key in ("form", "letter") if field == "kind" else (field,):
                known[key].add(word)
    return defaultdict(frozenset, {field: frozenset(words) for field, words in known.items()})


def _of_policy(policy: Policy | None) -> Iterator[tuple[str, Iterable[str]]]:
    if policy is None:
        return
    for table, rows in policy.rows.items():
        for row in rows:
            for field, words in row.conditions:
                if (key := _IN_TABLE.get((table, field), field)) in {*_OWN, *_IN_TABLE.values()}:
                    yield key, words
            yield from ((word, getattr(row.says, said, ())) for said, word in _SAID.items())


def _of_code(module: object) -> Iterator[tuple[str, str]]:
    """What rules.py compares a question's fields with; a rule that computes its words is asked about them less."""
    source = getattr(module, "__file__", None)
    if source is None or not Path(source).exists():
        return
    tree = ast.parse(Path(source).read_text(encoding="utf-8"))
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from _of_comparison([node.left, *node.comparators], named)
        if isinstance(node, ast.Match):
            yield from _of_comparison([node.subject, *(case.pattern for case in node.cases)], named)


def _of_comparison(sides: list[ast.expr | ast.pattern], named: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    asked = {side.attr for side in sides if isinstance(side, ast.Attribute) and side.attr in {*_OWN, "kind"}}
    for side in sides:
        meant = named.get(side.id, side) if isinstance(side, ast.Name) else side
        for each in ast.walk(meant):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
                yield from ((field, each.value) for field in asked)
