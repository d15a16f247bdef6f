"""Every figure of the report; each function takes a frame and returns a `Figure`."""

from infiltrate.report.figures.cells import caterpillar, sector_region_maps
from infiltrate.report.figures.estimates import dark_share_curve, estimate_forest
from infiltrate.report.figures.flags import flag_base_rates
from infiltrate.report.figures.lists import (
    entries_per_month,
    exposure_funnel,
    lag_histogram,
    list_overlaps,
)
from infiltrate.report.figures.ranking import (
    base_rate_waffle,
    coefficients,
    precision_recall,
    recall_at_k,
    validation_metrics,
)
from infiltrate.report.figures.records import intake, missingness, value_distribution

__all__ = [
    "base_rate_waffle",
    "caterpillar",
    "coefficients",
    "dark_share_curve",
    "entries_per_month",
    "estimate_forest",
    "exposure_funnel",
    "flag_base_rates",
    "intake",
    "lag_histogram",
    "list_overlaps",
    "missingness",
    "precision_recall",
    "recall_at_k",
    "sector_region_maps",
    "validation_metrics",
    "value_distribution",
]
