"""Choices of method: windows, indicators, priors, disclosure rules and the seed."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from infiltrate.params.bidding_choices import BiddingChoices
from infiltrate.params.flag_choices import CompositeChoices, CriChoices, FlagTestChoices
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.params.linkage_choices import LinkageChoices
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.params.ownership_choices import OwnershipChoices
from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.tracing_choices import TracingChoices
from infiltrate.params.values import Day, PositiveNumber, SettingValue, Share, ShareBelowOne


class IndicatorChoice(Section):
    """Whether an indicator runs, and with which settings."""

    on: bool = parameter(True, "Whether the indicator is computed.")
    settings: dict[str, SettingValue] = parameter(
        {}, "Settings of the indicator that differ from those in its header.", key="setting"
    )


class ProtectedUse(Section):
    """Permission to let a protected attribute into the ranking; printed on the first page."""

    attribute: Literal[
        "sex", "age_of_persons", "birthplace", "nationality_of_persons", "ethnicity", "religion"
    ] = required("Which attribute.", examples=["nationality_of_persons"])
    signed_by: str = required(
        "Office that answers for it; no name of a person.", examples=["Data protection office"]
    )
    signed_on: Day = required("Day on which it was signed.", examples=["2026-01-31"])
    reason: str = required(
        "Why nothing else will do, and under which law.", examples=["Article 9 (2) j GDPR"]
    )


class DriftLimits(Section):
    """When a fitted ranking refuses to score new firms."""

    stability_index: float = parameter(
        0.25,
        "Largest population stability index of a feature or of the scores.",
        unit="1",
        gt=0,
    )
    missing_more: Share = parameter(
        0.2, "Largest rise of the share of firms of which a feature is missing.", unit="share"
    )


class RiskChoices(Section):
    """How units are ranked."""

    lists: list[str] = parameter(
        [],
        "Lists whose entries are predicted; empty: those about organised crime, or all if none is.",
    )
    as_of: list[Day] = parameter(
        [], "Days on which features are taken; empty: chosen from the data."
    )
    quarantine_months: int = parameter(
        12,
        "Months between the features and the first entry predicted.",
        unit="months",
        ge=0,
        le=120,
    )
    horizon_months: int = parameter(
        36, "Length of the window in which an entry counts.", unit="months", ge=1, le=240
    )
    learners: list[
        Literal["logistic", "boosting", "latent", "bagging_unlabelled", "nonnegative_unlabelled"]
    ] = parameter(
        ["logistic", "boosting", "latent"],
        "Learners tested side by side; those about unlabelled firms need the extra 'comparators'.",
        min_length=1,
    )
    ranked_by: Literal["automatic", "logistic", "boosting", "latent"] = parameter(
        "automatic",
        "Learner behind the published ranks; automatic: the latent model where the lists allow it, "
        "else the logistic one.",
    )
    roles: list[Literal["infiltration", "exposure", "detection"]] = parameter(
        ["infiltration"],
        "Roles of the features that rank, of signs of infiltration, chances of being seen, and "
        "what helps authorities find a firm.",
        min_length=1,
    )
    protected: list[ProtectedUse] = parameter(
        [], "Protected attributes let into the ranking; none unless signed for."
    )
    monotone: dict[str, Literal["rising", "falling"]] = parameter(
        {}, "Directions imposed on features in boosting; none unless named.", key="age_years"
    )
    weights: Literal["none", "inverse_propensity"] = parameter(
        "none",
        "Weights of listed firms; inverse_propensity lets those count more that lists seldom find.",
    )
    leak_alarm: Share = parameter(
        0.98,
        "A feature that alone tells listed firms apart with a larger area under the curve is left "
        "out as a suspected leak.",
        unit="share",
        gt=0.5,
    )
    folds: int = parameter(5, "Folds of grouped cross-validation.", unit="folds", ge=2, le=20)
    tuning_folds: int = parameter(
        3,
        "Folds inside each training fold on which settings are chosen; 0: none are.",
        unit="folds",
        ge=0,
        le=10,
    )
    bootstrap_draws: int = parameter(
        500, "Draws behind each interval of a metric.", unit="draws", ge=50, le=10_000
    )
    stability_seeds: int = parameter(
        20, "Seeds under which ranks are made anew.", unit="seeds", ge=1, le=100
    )
    stability_bootstraps: int = parameter(
        20, "Resamples for each of these seeds.", unit="resamples", ge=1, le=200
    )
    recall_at: list[Share] = parameter(
        [0.001, 0.005, 0.01, 0.05, 0.1],
        "Shares of the ranking at which recall and precision are read.",
        unit="share",
        min_length=1,
    )
    few_labels: int = parameter(
        50,
        "Below this number of listed units results are shown as indicative only.",
        unit="listed units",
        ge=1,
    )
    scores_used_from: Day | None = parameter(
        None,
        "Day since which scores like these help authorities to choose whom to inspect; empty: "
        "they do not.",
    )
    drift: DriftLimits = parameter(
        DriftLimits(), "How far new firms may be from those a run ranked."
    )


class DetectabilityPrior(Section):
    """Prior on each list's loading on a detectability that firms have for all lists alike."""

    mean: float = parameter(0.5, "Mean of the loading.", unit="log-odds", ge=0)
    sd: float = parameter(0.5, "Its standard deviation.", unit="log-odds", gt=0)


class DarkSharePrior(Section):
    """Beta prior on the share of infiltration of a kind that no list can see."""

    a: float = parameter(1.0, "First parameter of the Beta distribution.", unit="1", gt=0)
    b: float = parameter(9.0, "Second parameter of the Beta distribution.", unit="1", gt=0)


class DetectionPriorChoices(Section):
    """What the joint detection model believes before it sees the lists, in log-odds."""

    infiltration_centre: float = parameter(
        -4.0, "Centre of the prior on the infiltration of the average firm.", unit="log-odds"
    )
    infiltration_sd: float = parameter(2.0, "And its standard deviation.", unit="log-odds", gt=0)
    sign_sd: float = parameter(
        1.5, "Standard deviation of the slope of a standardised sign.", unit="log-odds", gt=0
    )
    detection_centre: float = parameter(
        -2.0,
        "Centre of the prior on the chance that a list names the average infiltrated firm.",
        unit="log-odds",
    )
    detection_sd: float = parameter(1.5, "And its standard deviation.", unit="log-odds", gt=0)
    reach_sd: float = parameter(
        0.25, "Standard deviation of the slope of what helps detection.", unit="log-odds", gt=0
    )
    area_sd: float = parameter(
        1.2, "First standard deviation between areas in infiltration.", unit="log-odds", gt=0
    )
    section_sd: float = parameter(
        0.6, "First standard deviation between sectors in infiltration.", unit="log-odds", gt=0
    )
    effort_sd: float = parameter(
        0.6,
        "First standard deviation between areas in each list's detection.",
        unit="log-odds",
        gt=0,
    )
    cell_sd: float = parameter(
        0.3, "What a sector and area have beyond the sum of both.", unit="log-odds", gt=0
    )
    detectability: DetectabilityPrior | None = parameter(
        DetectabilityPrior(),
        "Common detectability of firms, which lets lists depend on one another; empty leaves it "
        "out.",
    )


class PoolingChoices(Section):
    """What is assumed beyond the estimators when they are brought together."""

    dark_share: DarkSharePrior | None = parameter(
        DarkSharePrior(),
        "Share of infiltration that no list can see, which no data can correct; empty for none.",
    )
    gamma_log_sd: float = parameter(
        0.25,
        "Standard deviation of the log of gamma, by which the odds of detection of unlisted "
        "infiltrated firms are lower than modelled.",
        unit="log-odds",
        ge=0,
    )
    disagreement: Share = parameter(
        0.5,
        "Share of the variance between families above which they are said to disagree.",
        unit="share",
    )
    family_weights: dict[str, float] = parameter(
        {"joint_detection": 8.0, "loglinear": 1.0, "doubly_robust": 1.0},
        "Weights of families of estimators, found on synthetic countries; empty weighs them the "
        "same.",
        key="joint_detection",
    )


class PrevalenceChoices(Section):
    """How many, with an interval."""

    interval: float = parameter(
        0.95, "Coverage of published intervals.", unit="share", gt=0.5, lt=1
    )
    detection_low: float | None = parameter(
        None,
        "Lowest believable chance that an infiltrated firm is on any list.",
        unit="share",
        gt=0,
        le=1,
    )
    detection_high: float | None = parameter(
        None,
        "Highest believable chance that an infiltrated firm is on any list.",
        unit="share",
        gt=0,
        le=1,
    )
    dark_shares: list[ShareBelowOne] = parameter(
        [0.0, 0.1, 0.25, 0.5],
        "Shares of infiltration no list can see, shown as a curve.",
        unit="share",
    )
    gammas: list[PositiveNumber] = parameter(
        [0.5, 2.0],
        "How many times more unlisted infiltrated firms than modelled, shown beside the estimate.",
        unit="times",
    )
    window_years: float | None = parameter(
        None,
        "Years before the day of the study whose entries count; empty for all.",
        unit="years",
        gt=0,
    )
    effort_measures: list[str] = parameter(
        [],
        "Measures of `area_years` that show the effort of authorities; they explain detection, "
        "never infiltration.",
    )
    allow_for_lag: bool = parameter(
        True,
        "Whether young firms are taken as perhaps too recent to be listed, by the lists' lags.",
    )
    draws: int = parameter(1000, "Draws of each estimator.", unit="draws", ge=200, le=20_000)
    priors: DetectionPriorChoices = parameter(
        DetectionPriorChoices(), "Priors of the joint detection model."
    )
    pool: PoolingChoices = parameter(PoolingChoices(), "How estimators are brought together.")

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        low, high = self.detection_low, self.detection_high
        if low is not None and high is not None and high < low:
            refuse(
                f"detection_high {high} is less than detection_low {low}",
                fix="Swap or correct the two shares.",
            )
        return self


class DisclosureChoices(Section):
    """What a published table may show."""

    minimum_firms: int = parameter(10, "Cells with fewer firms are suppressed.", unit="firms", ge=3)
    minimum_listed: int = parameter(
        5, "Cells with fewer listed firms are suppressed.", unit="firms", ge=1
    )
    round_to: int = parameter(
        5, "Published counts are rounded to a multiple of it.", unit="firms", ge=1
    )
    rounding: Literal["nearest", "controlled"] = parameter(
        "nearest",
        "Counts of listed firms are rounded each to its nearest multiple, or (controlled) all "
        "together, so that sums add up but lie farther from the counts and intervals are wider.",
    )
    largest_share: float = parameter(
        0.75,
        "A sum of amounts is suppressed when one contributor has more than this share of it.",
        unit="share",
        ge=0.5,
        le=1,
    )
    p_percent: float = parameter(
        10.0,
        "A sum is suppressed when its second contributor could tell the largest one's amount to "
        "within so many percent.",
        unit="percent",
        ge=0,
        le=100,
    )
    open_tables: list[str] = parameter(
        [],
        "Tables of your own notebooks that may leave with the results; those of the estimates may. "
        "Any other stays.",
    )


class EngineChoices(Section):
    """Which engine runs the SQL, and how much of the machine it may take."""

    name: Literal["duckdb", "spark"] = parameter(
        "duckdb", "Query engine; spark for tables that outgrow one machine."
    )
    memory_gib: float = parameter(
        4.0, "Memory limit of each connection, or of Spark's driver.", unit="GiB", gt=0.1
    )
    threads: int = parameter(
        2, "Threads of each connection of DuckDB.", unit="threads", ge=1, le=256
    )
    master: str = parameter(
        "local[2]",
        "Master of Spark; local[2] is this machine with two threads, yarn a cluster.",
        pattern=r"^(local(\[(\*|[1-9][0-9]*)\])?|yarn|(spark|k8s)://\S+)$",
    )


class Choices(Section):
    """Everything an analyst decides that is not a fact."""

    seed: int = parameter(20260101, "Seed of every random draw of the study.", unit="1", ge=0)
    as_of: Day | None = parameter(
        None, "Day of the study; dates after it are errors. Empty: the latest retrieval date."
    )
    linkage: LinkageChoices = parameter(LinkageChoices(), "Matching of names to companies.")
    indicators: dict[str, IndicatorChoice] = parameter(
        {}, "Indicators by code, where they differ from the defaults.", key="single_bid"
    )
    flags: FlagTestChoices = parameter(FlagTestChoices(), "Red flags held as tests.")
    cri: CriChoices = parameter(CriChoices(), "The Corruption Risk Index.")
    composite: CompositeChoices = parameter(CompositeChoices(), "Flags by area and by sector.")
    bidding: BiddingChoices = parameter(BiddingChoices(), "Bids, bidders and amounts.")
    ownership: OwnershipChoices = parameter(OwnershipChoices(), "Who counts as an owner.")
    network: NetworkChoices = parameter(NetworkChoices(), "Ties between companies.")
    risk: RiskChoices = parameter(RiskChoices(), "Ranking of units.")
    prevalence: PrevalenceChoices = parameter(PrevalenceChoices(), "Estimates.")
    impact: ImpactChoices = parameter(ImpactChoices(), "Effects and drivers of infiltration.")
    tracing: TracingChoices = parameter(TracingChoices(), "From a company to what is around it.")
    disclosure: DisclosureChoices = parameter(DisclosureChoices(), "Disclosure control.")
    engine: EngineChoices = parameter(EngineChoices(), "Engine limits.")
