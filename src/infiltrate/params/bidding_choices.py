"""Choices about bids: screens of subsets, co-bidding groups, bunching and splitting."""

from __future__ import annotations

from infiltrate.params.section import Section, parameter


class SubsetChoices(Section):
    """Screens over every three or four of the bids on a lot."""

    most_subsets: int = parameter(
        200, "Subsets of one size looked at per lot, drawn at random beyond.", unit="subsets", ge=10
    )
    most_lots: int = parameter(
        10_000, "Lots looked at, drawn at random beyond.", unit="lots", ge=100
    )
    shuffles: int = parameter(
        20,
        "Draws in which bids change places between lots with as many bids.",
        unit="draws",
        ge=5,
        le=1000,
    )


class GroupChoices(Section):
    """Groups of bidders that keep meeting."""

    product_digits: int = parameter(
        2,
        "Leading characters of the product code that make a market; 0 for none.",
        unit="characters",
        ge=0,
        le=8,
    )
    by_area: bool = parameter(True, "Whether markets are also divided by area.")
    fewest_lots: int = parameter(
        5, "Lots a bidder must have bid on to be looked at.", unit="lots", ge=2
    )
    most_bidders: int = parameter(
        50, "A tender with more bidders is a crowd, no meeting.", unit="bidders", ge=3
    )
    fewest_members: int = parameter(3, "Smallest group.", unit="bidders", ge=2)
    most_members: int = parameter(30, "Largest group.", unit="bidders", ge=3)
    rewirings: int = parameter(
        200, "Random markets each is compared with.", unit="draws", ge=20, le=10_000
    )
    false_discovery_rate: float = parameter(
        0.05, "Share of flagged groups that may be chance.", unit="share", gt=0, lt=1
    )


class BunchingChoices(Section):
    """Contracts that gather just below a legal threshold."""

    reach: float = parameter(
        1.0,
        "Amounts within this distance of the threshold are counted.",
        unit="natural logarithm",
        gt=0.1,
        le=3,
    )
    below: float = parameter(
        0.12,
        "Window below the threshold in which bunching is looked for.",
        unit="share of the threshold",
        gt=0,
        lt=0.5,
    )
    above: float = parameter(
        0.35,
        "Window above it from which contracts may be missing.",
        unit="share of the threshold",
        gt=0,
        le=2,
    )
    bins: int = parameter(50, "Bins on each side.", unit="bins", ge=10, le=200)
    order: int = parameter(3, "Degree of the polynomial through the rest.", unit="1", ge=1, le=7)
    resamples: int = parameter(
        500, "Draws of buyers behind each interval.", unit="draws", ge=50, le=10_000
    )
    interval: float = parameter(0.95, "Coverage of the intervals.", unit="share", gt=0.5, lt=1)
    fewest_contracts: int = parameter(
        100,
        "Contracts within reach that a buyer must have to be tested alone.",
        unit="contracts",
        ge=40,
    )
    false_discovery_rate: float = parameter(
        0.05, "Share of flagged buyers that may be chance.", unit="share", gt=0, lt=1
    )


class SplittingChoices(Section):
    """Purchases cut into pieces below a threshold."""

    window_days: int = parameter(
        180, "Days within which pieces are added up.", unit="days", ge=1, le=730
    )
    product_digits: int = parameter(
        3,
        "Leading characters of the product code that must agree; 0 ignores products.",
        unit="characters",
        ge=0,
        le=12,
    )
    permutations: int = parameter(
        199,
        "Draws in which purchases of a buyer change days.",
        unit="draws",
        ge=99,
        le=10_000,
    )


class BiddingChoices(Section):
    """What bids and amounts are examined for."""

    subsets: SubsetChoices = parameter(SubsetChoices(), "Screens of parts of the bids on a lot.")
    groups: GroupChoices = parameter(GroupChoices(), "Co-bidding groups.")
    bunching: BunchingChoices = parameter(BunchingChoices(), "Bunching below thresholds.")
    splitting: SplittingChoices = parameter(SplittingChoices(), "Splitting of purchases.")
