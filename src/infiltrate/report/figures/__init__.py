"""Every figure of the report; each function takes a frame and returns a `Figure`."""

from infiltrate.report.figures.cells import caterpillar, infiltration_maps, sector_region_maps
from infiltrate.report.figures.curves import precision_recall, recall_at_k
from infiltrate.report.figures.estimates import dark_share_curve, estimate_forest
from infiltrate.report.figures.exposure import exposure_funnel, listing_lags
from infiltrate.report.figures.flag_tests import flag_lifts, flag_rates_by_year
from infiltrate.report.figures.flags import flag_base_rates
from infiltrate.report.figures.lists import entries_per_month, list_overlaps
from infiltrate.report.figures.ranking import coefficients, validation_metrics
from infiltrate.report.figures.records import intake, missingness
from infiltrate.report.figures.risk_index import (
    calibrated_bins,
    index_density,
    sign_stability,
)
from infiltrate.report.figures.values import value_distribution
from infiltrate.report.figures.waffle import base_rate_waffle

__all__ = [
    "base_rate_waffle",
    "calibrated_bins",
    "caterpillar",
    "coefficients",
    "dark_share_curve",
    "entries_per_month",
    "estimate_forest",
    "exposure_funnel",
    "flag_base_rates",
    "flag_lifts",
    "flag_rates_by_year",
    "index_density",
    "infiltration_maps",
    "intake",
    "list_overlaps",
    "listing_lags",
    "missingness",
    "precision_recall",
    "recall_at_k",
    "sector_region_maps",
    "sign_stability",
    "validation_metrics",
    "value_distribution",
]
