"""Rehearses new rules: everything that happens to synthetic citizens, under the old rules and under the new ones."""

from dataclasses import dataclass, field

from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.rehearsal.compare import Replay
from helsami_sdk.rehearsal.corpus import corpus_for
from helsami_sdk.rehearsal.findings import Chapter, Rehearsal
from helsami_sdk.rehearsal.sides import Side, below
from helsami_sdk.rehearsal.topics import TOPICS
from helsami_sdk.rehearsal.vocabulary import vocabulary
from helsami_sdk.rules import RuleCall

_WELL = frozenset({"answered", "loaded", "state"})


@dataclass
class _Heard:
    """What went wrong under the new rules, told once for each place."""

    told: dict[str, None] = field(default_factory=dict)

    def __call__(self, call: RuleCall) -> None:
        if call.outcome not in _WELL and call.hook not in {"load", "state"}:
            self.told[f"{call.layer or call.organisation}: {call.hook}: {call.detail or call.outcome}"] = None


def rehearse(folder: PluginFolder, before: Side, after: Side) -> Rehearsal:
    """Replay the corpus of an organisation, and of those below it, under both sides."""
    heard = _Heard()
    chapters: list[Chapter] = []
    asked = citizens = 0
    for organisation in [folder.id, *below(folder.id, (before, after))]:
        own = after.found[organisation]
        replay = Replay(before.rules(organisation, own), after.rules(organisation, own, heard))
        lines = [*before.line(organisation), *after.line(organisation)]
        corpus = corpus_for(own.manifest, vocabulary(lines))
        told = [Chapter(own.manifest.names["en"], topic.title, replay.findings(topic, corpus)) for topic in TOPICS]
        chapters += [chapter for chapter in told if chapter.findings]
        asked += replay.asked
        citizens += len(corpus.citizens)
    name = after.found[folder.id].manifest.names["en"]
    return Rehearsal(folder.id, name, before.name, citizens, asked, tuple(chapters), tuple(heard.told))
