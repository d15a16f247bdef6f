"""Every figure of the report; each function takes a frame and returns a `Figure`."""

from infiltrate.report.figures.bidding import (
    closest_bids,
    group_scatter,
    screen_distributions,
)
from infiltrate.report.figures.cells import caterpillar, infiltration_maps, sector_region_maps
from infiltrate.report.figures.composite import (
    composite_ranks,
    composite_sensitivity,
)
from infiltrate.report.figures.counterfactuals import bunching_counterfactual, synthetic_path
from infiltrate.report.figures.countries import flags_by_country
from infiltrate.report.figures.curves import precision_recall, recall_at_k
from infiltrate.report.figures.effects import effect_forest, event_study_curve
from infiltrate.report.figures.error_rates import error_rates
from infiltrate.report.figures.estimates import dark_share_curve, estimate_forest
from infiltrate.report.figures.exposure import exposure_funnel, listing_lags
from infiltrate.report.figures.firms import known_owners, peer_scores
from infiltrate.report.figures.flag_tests import flag_lifts, flag_rates_by_year
from infiltrate.report.figures.flags import flag_base_rates
from infiltrate.report.figures.ladder import effects_ladder
from infiltrate.report.figures.lists import entries_per_month, list_overlaps
from infiltrate.report.figures.matching import match_calibration, match_outcomes
from infiltrate.report.figures.network import (
    assortativity_null,
    listed_distances,
    listing_hazards,
)
from infiltrate.report.figures.ranking import coefficients, validation_metrics
from infiltrate.report.figures.records import intake, missingness
from infiltrate.report.figures.risk_checks import (
    feature_importance,
    head_stability,
    reliability_curve,
    removable_flags,
)
from infiltrate.report.figures.risk_index import (
    calibrated_bins,
    index_density,
    sign_stability,
)
from infiltrate.report.figures.thresholds import (
    buyers_at_thresholds,
    splitting_counts,
    threshold_densities,
)
from infiltrate.report.figures.tracing import layered_graph, value_by_stage
from infiltrate.report.figures.values import value_distribution
from infiltrate.report.figures.waffle import base_rate_waffle

__all__ = [
    "assortativity_null",
    "base_rate_waffle",
    "bunching_counterfactual",
    "buyers_at_thresholds",
    "calibrated_bins",
    "caterpillar",
    "closest_bids",
    "coefficients",
    "composite_ranks",
    "composite_sensitivity",
    "dark_share_curve",
    "effect_forest",
    "effects_ladder",
    "entries_per_month",
    "error_rates",
    "estimate_forest",
    "event_study_curve",
    "exposure_funnel",
    "feature_importance",
    "flag_base_rates",
    "flag_lifts",
    "flag_rates_by_year",
    "flags_by_country",
    "group_scatter",
    "head_stability",
    "index_density",
    "infiltration_maps",
    "intake",
    "known_owners",
    "layered_graph",
    "list_overlaps",
    "listed_distances",
    "listing_hazards",
    "listing_lags",
    "match_calibration",
    "match_outcomes",
    "missingness",
    "peer_scores",
    "precision_recall",
    "recall_at_k",
    "reliability_curve",
    "removable_flags",
    "screen_distributions",
    "sector_region_maps",
    "sign_stability",
    "splitting_counts",
    "synthetic_path",
    "threshold_densities",
    "validation_metrics",
    "value_by_stage",
    "value_distribution",
]
