"""A rehearsal as text: what opens first, then the rest by topic."""

from collections.abc import Iterator

from helsami_sdk.rehearsal.findings import Finding, Rehearsal
from helsami_sdk.rehearsal.wording import many, verb

_ROWS = 5


def summary(rehearsal: Rehearsal, *, accepted: bool) -> str:
    """One line that an operator passes on as the reason why the organisation counts as rehearsed."""
    if not rehearsal.findings:
        return f"rehearsed against {rehearsal.before}: nothing changes"
    changes, seen = many(len(rehearsal.findings), "change"), len(rehearsal.openings)
    verdict = f"{seen} of them {verb(seen, 'shows', 'show')} more" if seen else "nobody sees more"
    accepted_or_not = f", {'accepted' if accepted else 'not accepted'}" if seen else ""
    return f"rehearsed against {rehearsal.before}: {changes}, {verdict}{accepted_or_not}"


def lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield the whole rehearsal, line by line."""
    yield f"{rehearsal.name}, compared with {rehearsal.before}"
    yield f"{rehearsal.citizens} synthetic citizens, {rehearsal.questions} questions"
    for failure in rehearsal.failures:
        yield f"  ! could not answer, and was refused or withheld: {failure}"
    if not rehearsal.chapters:
        yield ""
        yield "Nothing changes for anybody."
    for chapter in rehearsal.chapters:
        yield ""
        yield f"{chapter.title} ({chapter.organisation})"
        for finding in chapter.findings:
            yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{'  MORE IS SEEN: ' if finding.opens else '  '}{finding.sentence}"
    for row in finding.rows[:_ROWS]:
        count = f"{row.count} × " if row.count else ""
        what = f"{row.what}: " if row.what else ""
        yield f"      {count}{what}{row.before} → {row.after}"
    if len(finding.rows) > _ROWS:
        yield f"      and {len(finding.rows) - _ROWS} more such rows"
    examples = [example for row in finding.rows for example in row.examples]
    if examples:
        yield f"      for example: {examples[0]}"
