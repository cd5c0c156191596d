"""Reports of a snapshot, with what is read beside it: births, and totals that were published."""

from functions.au_report.account import account_report
from functions.au_report.external import external_report
from functions.au_report.office import office_report
from functions.au_report.report import Audience, Report
from shared.rules.forecast import forecasts
from shared.rules.snapshot import OwnLine, Review, Snapshot
from shared.store.store import Store


class Reports:
    """The reports of one snapshot."""

    def __init__(self, snapshot: Snapshot, review: Review, store: Store) -> None:
        self._snapshot, self._review, self._store = snapshot, review, store
        self._ahead = forecasts(snapshot.detail, snapshot.measure)

    def of_account(self, account: str, audience: Audience) -> Report:
        """The report of an account of the snapshot; KeyError where it is none of them."""
        if account not in self._snapshot.about:
            raise KeyError(account)
        line = self._snapshot.line(account)
        if not isinstance(line, OwnLine):
            return external_report(self._snapshot, self._review, account, audience=audience)
        return account_report(
            self._snapshot,
            self._review,
            line,
            births=self._store.births.of(account),
            ahead=self._ahead[account],
            audience=audience,
        )

    def of_office(self) -> Report:
        """The report of all accounts, for staff."""
        published = self._store.published.all()
        return office_report(self._snapshot, self._review, published=published, ahead=self._ahead)
