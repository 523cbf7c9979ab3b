"""The words an organisation's rules know: what a corpus must hold for a change to be seen in it."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

from helsami_sdk.discovery import Found

# A question's field, and the key of a policy row that lists what may stand there.
_LISTED = {
    "visit_type": "visit_types",
    "unit": "units",
    "code": "codes",
    "category": "categories",
    "author_role": "author_roles",
    "service": "services",
    "topic": "topics",
    "target": "targets",
    "letter": "letters",
    "form": "forms",
}

Words = Mapping[str, frozenset[str]]


def vocabulary(organisations: Iterable[Found]) -> Words:
    """By the field of a question, everything that these rules name there; a word that no rule names changes nothing."""
    known: dict[str, set[str]] = defaultdict(set)
    for one in organisations:
        known["unit"] |= one.manifest.units.keys()
        for field, words in _of_policy(one.policy):
            known[field] |= words
        for field, word in _of_code(one.module):
            known[field].add(word)
    return defaultdict(frozenset, {field: frozenset(words) for field, words in known.items()})


def _of_policy(policy: object) -> Iterator[tuple[str, frozenset[str]]]:
    if not is_dataclass(policy):
        return
    tables = [getattr(policy, table.name) for table in fields(policy)]
    for row in (row for table in tables if isinstance(table, tuple) for row in table):
        for field, key in _LISTED.items():
            yield field, frozenset(getattr(row, key, ()))


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
    asked = {side.attr for side in sides if isinstance(side, ast.Attribute) and side.attr in _LISTED}
    for side in sides:
        meant = named.get(side.id, side) if isinstance(side, ast.Name) else side
        for each in ast.walk(meant):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
                yield from ((field, each.value) for field in asked)
