"""Whether the results of a run, a site or a package may leave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from infiltrate.errors import StoreError
from infiltrate.report.release import ReleaseScan, scan_release


def release_results(
    folder: Path, studies: Sequence[Path] = (), *, left_out: Sequence[str] = ()
) -> ReleaseScan:
    """Look at everything that would leave; see `scan_release`.

    Raises
    ------
    StoreError
        When there is no such folder or file, or the run that wrote it is not finished.
    DisclosureError
        With every finding.
    """
    if not folder.exists():
        raise StoreError(f"{folder}: there is no such folder or file.")
    for results in [folder, *studies]:
        begun = (results / "run.json").exists()
        if (begun or results is not folder) and not (results / "manifest.json").exists():
            raise StoreError(
                f"{results}: there is no finished run. Run the study first, to its end."
            )
    return scan_release(folder, studies, left_out=left_out)
