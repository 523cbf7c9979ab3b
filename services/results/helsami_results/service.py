"""Results on the bus."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from sqlalchemy.engine import Row

from helsami_kernel import (
    Clock,
    Event,
    Obligation,
    OrganisationRules,
    Store,
    access_limits,
    contributes,
    fulfils,
    journal,
    rpc,
)
from helsami_kernel.access import AccessToken
from helsami_kernel.decisions import explained
from helsami_kernel.errors import load
from helsami_kernel.items import item_id
from helsami_kernel.journal import STORED, Entry
from helsami_kernel.news import TellsNews, may_be_told
from helsami_kernel.notes import note_all
from helsami_kernel.pages import PageQuery
from helsami_kernel.sections import Section
from helsami_kernel.shieldable import Shieldable
from helsami_results import fhir, schemas, storage
from helsami_results.domain import (
    ASK_AGAIN_AFTER,
    Asked,
    Release,
    Result,
    ResultLinked,
    ResultReleased,
    Verdict,
    strictest,
)
from helsami_sdk.answers import Release as AnsweredRelease
from helsami_sdk.answers import ResultClass
from helsami_sdk.hooks import CLASSIFY_RESULT
from helsami_sdk.questions import ResultQuestion

AT_HOME: Final = 5
CLASSIFY_AGAIN: Final = "classify_again"
NOTHING_TO_CLASSIFY: Final = Verdict(Release.AUTO)


class ResultsService(TellsNews, Shieldable):
    """Owns results, and when a citizen may see them."""

    name = "results"
    shieldable: ClassVar[Mapping[str, Section]] = {"result": storage.RELEASED}
    news_of = storage.NEWS_OF

    store = Store(storage.Reads, storage.Writes, tells_of_items=True)
    rules = OrganisationRules()
    clock = Clock()

    @rpc(scope="journal:write", answers=journal.ReceiveOutcome)
    def receive(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Keep what a record system says of one citizen's results, and release what may be seen at once."""
        delivery, citizen = journal.delivered_about_someone(command, access)
        organisation = delivery.organisation
        with self.store.transaction(citizen) as tx:
            journal.take_turns(tx)

            def keep(read: list[tuple[Entry, Result | None]]) -> list[str]:
                outcomes: list[str] = tx.keep(citizen, organisation, read)
                stored = [one for one, outcome in zip(read, outcomes, strict=True) if outcome == STORED]
                by_id = {item_id(citizen, organisation, entry.item_key): result for entry, result in stored}
                news = {its: self._classified(its, organisation, result) for its, result in by_id.items()}
                self._settle(tx, {*news, *tx.freed}, news)
                return outcomes

            known = tx.with_known_settings(citizen, delivery)
            return journal.take(known, dict.fromkeys(fhir.TYPES, fhir.result), keep)

    @rpc(scope="results:read")
    def page(self, query: object, access: AccessToken) -> bytes:
        """A page of the released results, the newest first (R48-R50)."""
        return self._section(access, **load(PageQuery, query))

    @contributes("home", "results", scope="results:read")
    def for_home(self, question: object, access: AccessToken) -> bytes:  # noqa: ARG002  the view asks everybody the same
        """The newest of the released results."""
        return self._section(access, AT_HOME, None)

    @contributes("decisions", "results", scope="organisations:manage")
    def explain(self, question: object, access: AccessToken) -> bytes:
        """Why a result was not released, or not shown."""
        return explained(self.store.decisions, question, access)

    @fulfils(storage.RELEASE)
    def release(self, obligation: Obligation) -> None:
        """A clinician has had the agreed days; what belongs together and is due by now is released (R49)."""
        with self.store.transaction(obligation.owner) as tx:
            journal.take_turns(tx)
            self._settle(tx, [obligation.payload["result"]], {})

    @fulfils(CLASSIFY_AGAIN)
    def classify_again(self, obligation: Obligation) -> None:
        """An organisation could not say how a result is released: ask again, and go on asking until it can."""
        result = obligation.payload["result"]
        with self.store.transaction(obligation.owner) as tx:
            journal.take_turns(tx)
            if (asked := tx.asked(result)) is not None:
                self._settle(tx, [result], {result: self._asked(result, *asked)})

    def _settle(self, tx: storage.Writes, results: Collection[str], verdicts: Mapping[str, Verdict]) -> None:
        """Promise to ask again where nobody could say, release what is due, and tell of it, by id alone."""
        for result, verdict in verdicts.items():
            if verdict.provisional:
                due_at = tx.now + ASK_AGAIN_AFTER
                tx.promise(CLASSIFY_AGAIN, due_at, {"result": result}, key=f"{result}|{due_at.isoformat()}")
        released = {origin.id: (origin, limit) for origin, limit in tx.settle(results, verdicts, self._may_read)}
        linked = tx.linked({*released, *tx.relinked})
        for result, (origin, limit) in released.items():
            told = schemas.ResultReleased().dump(ResultReleased(result, limit, linked[result]))
            self.tell(tx, Event.of(type="result_released", subject=tx.owner, data=told), origin)
        for result in sorted(tx.relinked):
            told = schemas.ResultLinked().dump(ResultLinked(result, linked[result]))
            tx.announce(Event.of("result_linked", subject=tx.owner, data=told))
        tx.relinked.clear()
        for told, its in access_limits.changed(tx, {"result": storage.CATEGORY}):
            tx.announce(Event.of("access_limit_changed", subject=tx.owner, data=told), of=its)

    def _may_read(self, row: Row[Any], category: str) -> bool:
        return may_be_told(row, category, self.rules[row.organisation])

    def _classified(self, its: str, organisation: str, result: Result | None) -> Verdict:
        return NOTHING_TO_CLASSIFY if result is None else self._asked(its, organisation, result.asked)

    def _asked(self, its: str, organisation: str, asked: Iterable[Asked]) -> Verdict:
        """Ask an organisation about everything that was measured; what is not shown at once is noted with its id."""
        rules = self.rules[organisation]
        verdicts = []
        for one in asked:
            question = ResultQuestion(one.code, one.system, one.category, one.setting)
            decided = rules.decided(CLASSIFY_RESULT, question)
            at_once = decided.answer.release is AnsweredRelease.AUTO
            note_all(self.store.decisions, decided, "" if at_once else its)
            verdicts.append(_verdict(decided.answer))
        return strictest(verdicts)

    def _section(self, access: AccessToken, limit: int, cursor: str | None) -> bytes:
        reads = self.store.reading(access.subject)
        reader = replace(access, hidden=reads.hidden_with(access.hidden))
        return storage.RELEASED.finished(reads, self.rules, reader, self.clock(), limit, cursor)


def _verdict(answer: ResultClass) -> Verdict:
    return Verdict(Release[answer.release.name], answer.review_days or 0, answer.provisional)
