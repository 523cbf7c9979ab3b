"""A rehearsal as one HTML page that needs nothing but itself: to be read, printed and sent on."""

from collections.abc import Iterable, Iterator
from html import escape

from helsami_sdk.rehearsal.findings import Chapter, Finding, Rehearsal, Row
from helsami_sdk.rehearsal.text import summary
from helsami_sdk.rehearsal.wording import many

_STYLE = """
:root { color-scheme: light dark; --ink: #16202a; --paper: #fff; --quiet: #50606e; --line: #c9d3db; --mark: #8a1c00;
  --marked: #fff1ec; --even: #f5f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eef3; --paper: #12181e; --quiet: #a9b8c4; --line: #3a4751;
  --mark: #ffb59e; --marked: #2f1a13; --even: #1a2229; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .25rem 0 .75rem; max-width: 44rem; }
.quiet { color: var(--quiet); }
.opens { border-left: .3rem solid var(--mark); background: var(--marked); padding: .6rem .9rem; }
.opens h2 { border: 0; margin: 0; padding: 0; }
.opens strong, .opens h2 { color: var(--mark); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 46rem; table-layout: fixed; font-size: .95rem; }
thead th:nth-child(1) { width: 27%; } thead th:nth-child(2), thead th:nth-child(3) { width: 20%; }
thead th:nth-child(4) { width: 11%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
tbody tr:nth-child(even) { background: var(--even); }
th[scope=row] { font-weight: 600; }
.count { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td ul { margin: 0; padding-left: 1.1rem; color: var(--quiet); }
a { color: inherit; }
@media print { body { max-width: none; padding: 0; } h3, tr { break-inside: avoid; } }
"""
_HEADINGS = (("What", ""), ("Before", ""), ("After", ""), ("How many", ' class="count"'), ("Examples", ""))


def page(rehearsal: Rehearsal, *, accepted: bool) -> str:
    """The whole page: no script, no image, nothing fetched, light or dark as the reader has it."""
    title = escape(f"Rehearsal: {rehearsal.name}")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *_beginning(rehearsal, title, accepted=accepted),
            *(line for chapter in rehearsal.chapters for line in _chapter(chapter)),
            "</main>",
            "</body>",
            "</html>",
            "",
        ],
    )


def _beginning(rehearsal: Rehearsal, title: str, *, accepted: bool) -> Iterator[str]:
    yield f"<h1>{title}</h1>"
    asked = f"{many(rehearsal.citizens, 'synthetic citizen')}, {rehearsal.questions} questions."
    yield f'<p class="quiet">Compared with {escape(rehearsal.before)}. {asked} Nobody here is real.</p>'
    yield f"<p>{escape(summary(rehearsal, accepted=accepted).capitalize())}.</p>"
    if rehearsal.openings:
        yield '<section class="opens" aria-labelledby="opens">'
        yield '<h2 id="opens">Somebody sees more than before</h2>'
        yield from _items(finding.sentence for finding in rehearsal.openings)
        yield "</section>"
    if rehearsal.failures:
        yield "<h2>Rules that could not answer</h2>"
        yield "<p>What they were asked about was refused, withheld or sent to the phone.</p>"
        yield from _items(rehearsal.failures)
    if not rehearsal.chapters:
        yield "<p>Nothing changes for anybody.</p>"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield "<section>"
    yield f"<h2>{escape(chapter.title)}</h2>"
    yield f'<p class="quiet">{escape(chapter.organisation)}</p>'
    for finding in chapter.findings:
        yield from _finding(finding)
    yield "</section>"


def _finding(finding: Finding) -> Iterator[str]:
    sentence = escape(finding.sentence)
    more = ' class="opens"><strong>More is seen:</strong> ' if finding.opens else ">"
    yield f"<h3{more}{sentence}</h3>"
    # A table that is wider than the window is scrolled by the keyboard too.
    yield f'<div class="wide" role="region" aria-label="{sentence}" tabindex="0">'
    yield "<table>"
    yield "<thead><tr>" + "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in _HEADINGS) + "</tr></thead>"
    yield "<tbody>"
    yield from (_row(row) for row in finding.rows)
    yield "</tbody>"
    yield "</table>"
    yield "</div>"


def _row(row: Row) -> str:
    examples = "".join(_items(row.examples)) if row.examples else "none"
    return (
        f'<tr><th scope="row">{escape(row.what) or "All"}</th><td>{escape(row.before)}</td><td>{escape(row.after)}</td>'
        f'<td class="count">{row.count}</td><td>{examples}</td></tr>'
    )


def _items(texts: Iterable[str]) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{escape(text)}</li>" for text in texts)
    yield "</ul>"
