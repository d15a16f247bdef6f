"""What a run makes of executed notebooks and tables: pages that disclose nothing, and a CSV."""

from __future__ import annotations

import csv
from functools import cached_property
from pathlib import Path
from typing import Any

from infiltrate.errors import DisclosureError
from infiltrate.params.study import StudyParams
from infiltrate.runs import plan
from infiltrate.runs.notebook import failed_path
from infiltrate.runs.stages import Stage
from infiltrate.tables.files import replace_file
from infiltrate.tables.store import TableStore


class Outputs:
    """The pages and the CSV of one study.

    Parameters
    ----------
    stages : list of Stage
        All stages of the study.
    params : StudyParams
        Its parameters.
    run_dir : Path
        Folder of the results.
    """

    def __init__(self, stages: list[Stage], params: StudyParams, run_dir: Path) -> None:
        self._stages = stages
        self._params = params
        self._run_dir = run_dir
        self._read: dict[tuple[str, str, int, int], frozenset[str]] = {}

    def render(self, stage: Stage, failure: str = "") -> None:
        """Write the page of a stage, of what it got to when it failed.

        Raises
        ------
        DisclosureError
            When the page would show what must stay closed; there is no page then.
        """
        from infiltrate.report.pages import render_notebook

        executed = plan.executed_path(self._run_dir, stage)
        failed = failed_path(executed)
        page = render_notebook(
            failed if failure and failed.exists() else executed,
            plan.page_path(self._run_dir, stage),
            site=self.site,
            failed=failure or None,
        )
        self._check_disclosure(page)

    def render_missing(self) -> None:
        """Write a page that says so for every stage whose page was not made."""
        from infiltrate.report.pages import write_site

        write_site(self.site, self._run_dir / "report")

    def export(self) -> None:
        """Write the table of estimates as ``estimates.csv``."""
        rows = TableStore(self._run_dir / "tables").read("estimates")
        with (
            replace_file(self._run_dir / "estimates.csv") as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, rows.column_names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows.to_pylist())

    @cached_property
    def site(self) -> Any:
        """All pages of the report."""
        from infiltrate.report.pages import Site

        return Site(
            title=self._params.title,
            country=self._params.country,
            pages=tuple(
                (plan.page_path(self._run_dir, stage).stem, stage.title) for stage in self._stages
            ),
        )

    def _check_disclosure(self, page: Path) -> None:
        from infiltrate.report.closed import find_open_texts
        from infiltrate.report.disclosure import check_page

        ids, names = self._closed()
        try:
            check_page(
                page.read_text(encoding="utf-8"),
                ids,
                names,
                page=page.name,
                allowed_texts=find_open_texts(self._params, self._texts),
            )
        except DisclosureError:
            page.unlink()
            raise

    def _closed(self) -> tuple[set[str], set[str]]:
        """Return identifiers and names of firms and buyers, which no page may show."""
        ids: set[str] = set()
        names: set[str] = set()
        for table, key in (("companies", "company_id"), ("buyers", "buyer_id")):
            ids.update(self._texts(table, key))
            names.update(self._texts(table, "name"))
        return ids, names

    def _texts(self, table: str, column: str) -> frozenset[str]:
        """Return the values of a column as they are now; a table may be written between pages."""
        store = TableStore(self._run_dir / "tables")
        if not store.exists(table):
            return frozenset()
        file = plan.table_path(self._run_dir, table).stat()
        version = (table, column, file.st_mtime_ns, file.st_size)
        if version not in self._read:
            values = store.read(table)[column].to_pylist()
            self._read[version] = frozenset(value for value in values if value)
        return self._read[version]
