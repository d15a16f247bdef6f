"""Groups of bidders that keep meeting on the same lots, tested against chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import entropy, false_discovery_control, gumbel_r

from infiltrate.params.bidding_choices import GroupChoices

# a market whose best group is surpassed this often needs no further draws (Besag, Clifford 1991)
_ENOUGH = 10
_COLUMNS = (
    "group_id",
    "market",
    "members",
    "lots",
    "cohesion",
    "coherence",
    "exclusivity",
    "strength",
    "p_value",
    "q_value",
    "wins",
    "win_entropy",
    "alternation",
    "rotation_p_value",
    "state",
)
_CHANCE = ("market", "members", "cohesion", "exclusivity", "strength")


@dataclass(frozen=True)
class GroupSettings:
    """How co-bidding groups are found.

    Attributes
    ----------
    fewest_lots : int
        Lots a bidder must have bid on to be looked at.
    most_bidders : int
        A tender with more bidders is a crowd, no meeting, and left out.
    fewest_members, most_members : int
        Size of a group.
    rewirings : int
        Random markets with the same numbers of bids per bidder and per lot.
    false_discovery_rate : float
        Share of flagged groups that may be chance.
    """

    fewest_lots: int = 5
    most_bidders: int = 50
    fewest_members: int = 3
    most_members: int = 30
    rewirings: int = 200
    false_discovery_rate: float = 0.05

    @classmethod
    def of(cls, choices: GroupChoices) -> GroupSettings:
        """Return the settings an analyst chose."""
        return cls(**{part.name: getattr(choices, part.name) for part in fields(cls)})


@dataclass(frozen=True, eq=False)
class CobiddingGroups:
    """Groups of bidders and who is in them.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group, sorted by ``group_id`` (``market`` and a number, by size of the
        evidence): ``members``; ``lots`` on which two of them or more met; ``cohesion``, the mean
        over pairs of lots shared among lots bid on by either; ``coherence``, geometric over
        arithmetic mean of those shares where not zero (Onnela et al. 2005); ``exclusivity``,
        their sum inside over their sum with active bidders; ``strength``, meetings beyond those
        expected over the root of the expected; ``p_value`` that the best group of a random
        market is as strong, ``q_value`` with false
        discoveries over markets controlled; ``wins`` of members on those lots, ``win_entropy``
        (1 when all win equally often), ``alternation`` (share of wins that follow another
        member's) with ``rotation_p_value`` against the same wins in random order; ``state``,
        ``flag`` or ``clear``.
    members : pandas.DataFrame
        One row per group and bidder: ``group_id``, ``company_id``, ``lots``, ``wins``.
    markets : pandas.DataFrame
        One row per market: ``market``, ``bidders`` and ``lots`` looked at.
    chance : pandas.DataFrame
        One row per random market that had a group: ``market``, and ``members``, ``cohesion``,
        ``exclusivity`` and ``strength`` of its strongest one.
    """

    groups: pd.DataFrame
    members: pd.DataFrame
    markets: pd.DataFrame
    chance: pd.DataFrame


def find_cobidding_groups(
    bids: pd.DataFrame, rng: np.random.Generator, settings: GroupSettings | None = None
) -> CobiddingGroups:
    """Find groups of bidders within each market and test them against rewired markets.

    Parameters
    ----------
    bids : pandas.DataFrame
        One row per bid: ``market``, ``lot``, ``company_id``, ``is_winner`` and ``on_date``
        (missing where unknown; such lots have no turn). Companies under their pseudonyms.
    rng : numpy.random.Generator
        Draws the communities' starts and the rewired markets.
    settings : GroupSettings, optional
        Sizes and the number of rewirings.

    Returns
    -------
    CobiddingGroups
        A group is a reason to look, no proof of a cartel: consortium partners and specialists
        of a small market meet often as well.

    Notes
    -----
    Communities by the Leiden algorithm (Traag, Waltman and van Eck 2019) on the weighted graph of
    shared lots. The null keeps how many lots each bidder bid on and how many bidders each lot
    had, and swaps who met whom; groups are looked for anew in each rewired market and the best
    one counts, so choosing the groups on the same data is allowed for (Wachs and Kertesz 2019,
    Scientific Reports 9, for cohesion and exclusivity).
    """
    settings = settings or GroupSettings()
    found, sizes, chance = [], [], []
    bids = bids.sort_values(["market", "lot", "company_id", "is_winner"])
    bids = bids.drop_duplicates(["market", "lot", "company_id"], keep="last")
    for market, part in bids.groupby("market"):
        incidence, names = _build_incidence(part, settings.most_bidders)
        active = (incidence.sum(axis=1) >= settings.fewest_lots).sum()
        size = {"bidders": len(names), "active": active, "lots": incidence.shape[1]}
        sizes.append({"market": market, **size})
        if settings.fewest_members <= active < len(names):
            groups, rivals = _find_in_market(incidence, rng, settings)
            for group in groups:
                found.append({**group, "market": market, "names": names[group["members"]]})
            chance += [{**rival, "market": market} for rival in rivals]
    markets = pd.DataFrame(sizes, columns=["market", "bidders", "active", "lots"])
    rivals = pd.DataFrame(chance, columns=list(_CHANCE))
    groups, members = _tabulate(found, bids, rng, settings)
    return CobiddingGroups(groups, members, markets, rivals)


def _build_incidence(bids: pd.DataFrame, most_bidders: int) -> tuple[sparse.csr_array, np.ndarray]:
    """Return bidders x lots, of lots with two bidders or more and no crowd."""
    kept = bids[bids.groupby("lot")["company_id"].transform("size").between(2, most_bidders)]
    firm, names = pd.factorize(kept["company_id"], sort=True)
    lot, lot_names = pd.factorize(kept["lot"], sort=True)
    ones = np.ones(len(kept), dtype=np.int32)
    shape = (len(names), len(lot_names))
    return sparse.csr_array((ones, (firm, lot)), shape=shape), np.asarray(names)


def _find_in_market(
    incidence: sparse.csr_array, rng: np.random.Generator, settings: GroupSettings
) -> tuple[list[dict], list[dict]]:
    """Return the groups of a market with their p values, and the best ones of random markets."""
    groups = _measure_groups(incidence, rng, settings)
    if not groups:
        return [], []
    strengths = np.array([group["strength"] for group in groups])
    best: list[float] = []
    strongest: list[dict] = []
    for rewired in _rewire(incidence, rng, settings.rewirings):
        rivals = _measure_groups(rewired, rng, settings)
        best.append(max((rival["strength"] for rival in rivals), default=0.0))
        if rivals:
            rival = max(rivals, key=lambda group: group["strength"])
            strongest.append({**rival, "members": len(rival["members"])})
        if (np.array(best) >= strengths.max()).sum() >= _ENOUGH:
            break
    for group, p_value in zip(groups, _judge(strengths, np.array(best)), strict=True):
        group["p_value"] = p_value
    ordered = sorted(groups, key=lambda group: (-group["strength"], tuple(group["members"])))
    return ordered, strongest


def _judge(strengths: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return how often the best group of a random market is as strong.

    Counted where it happened often enough to count, otherwise by a Gumbel distribution, that of
    maxima, with the mean and variance of the random markets.
    """
    above = (best[:, None] >= strengths - 1e-12).sum(axis=0)
    counted = (1 + above) / (1 + len(best))
    scale = best.std(ddof=1) * np.sqrt(6) / np.pi
    if scale == 0:
        return counted
    modelled = gumbel_r.sf(strengths, best.mean() - np.euler_gamma * scale, scale)
    return np.where(above < _ENOUGH, modelled, counted)


def _measure_groups(
    incidence: sparse.csr_array, rng: np.random.Generator, settings: GroupSettings
) -> list[dict]:
    """Return the communities of active bidders that share lots, with what binds them.

    ``strength`` is meetings beyond those expected, in roots of the expected, when bidders keep
    their number of bids and lots their number of bidders.
    """
    degree = np.asarray(incidence.sum(axis=1), dtype=float)
    active = np.flatnonzero(degree >= settings.fewest_lots)
    part = incidence[active]
    shares = _share_lots(part, degree[active])
    sizes = range(settings.fewest_members, settings.most_members + 1)
    groups = [part for part in _detect_communities(shares, rng) if len(part) in sizes]
    if not groups:
        return []
    label = np.full(len(active), -1)
    for number, members in enumerate(groups):
        label[members] = number
    meetings = _count_meetings(part, label, len(groups))
    inside = label >= 0
    once = np.bincount(label[inside], degree[active][inside])
    twice = np.bincount(label[inside], degree[active][inside] ** 2)
    crowd = np.bincount(incidence.indices, minlength=incidence.shape[1]).astype(float)
    expected = (once**2 - twice) / 2 * (crowd * (crowd - 1)).sum() / crowd.sum() ** 2
    strength = (meetings - expected) / np.sqrt(expected)
    bonds = _measure_bonds(shares, label, len(groups))
    return [
        {
            "members": active[members],
            "cohesion": bonds["inside"][k] / (len(members) * (len(members) - 1)),
            "coherence": bonds["coherence"][k],
            "exclusivity": bonds["inside"][k] / bonds["total"][k],
            "strength": float(strength[k]),
        }
        for k, members in enumerate(groups)
    ]


def _count_meetings(part: sparse.csr_array, label: np.ndarray, groups: int) -> np.ndarray:
    """Return how often two members of each group met on a lot."""
    member = np.repeat(label, np.diff(part.indptr))
    kept = member >= 0
    place = member[kept] * part.shape[1] + part.indices[kept]
    present = np.bincount(place, minlength=groups * part.shape[1]).reshape(groups, -1)
    return (present * (present - 1)).sum(axis=1) / 2


def _measure_bonds(
    shares: sparse.coo_array, label: np.ndarray, groups: int
) -> dict[str, np.ndarray]:
    """Return, per group, sums of shares inside and in total, and coherence inside."""
    mine = label[shares.row]
    known = mine >= 0
    both = known & (mine == label[shares.col])
    total = np.bincount(mine[known], shares.data[known], groups)
    inside = np.bincount(mine[both], shares.data[both], groups)
    count = np.bincount(mine[both], minlength=groups)
    logs = np.bincount(mine[both], np.log(shares.data[both]), groups)
    return {
        "total": total,
        "inside": inside,
        "coherence": np.exp(logs / count) / (inside / count),
    }


def _share_lots(incidence: sparse.csr_array, degree: np.ndarray) -> sparse.coo_array:
    """Return lots shared over lots bid on by either (Jaccard), for pairs that met twice."""
    together = sparse.coo_array(incidence @ incidence.T)
    keep = (together.row != together.col) & (together.data >= 2)
    row, col, shared = together.row[keep], together.col[keep], together.data[keep]
    share = shared / (degree[row] + degree[col] - shared)
    return sparse.coo_array((share, (row, col)), shape=together.shape)


def _detect_communities(shares: sparse.coo_array, rng: np.random.Generator) -> list[np.ndarray]:
    import igraph

    upper = shares.row < shares.col
    if not upper.any():
        return []
    edges = np.column_stack([shares.row[upper], shares.col[upper]])
    graph = igraph.Graph(n=shares.shape[0], edges=edges)
    igraph.set_random_number_generator(random.Random(int(rng.integers(2**63))))
    parts = graph.community_leiden(
        objective_function="modularity", weights=shares.data[upper].tolist(), n_iterations=3
    )
    return [np.sort(np.array(part)) for part in parts if len(part) > 1]


def _rewire(
    incidence: sparse.csr_array, rng: np.random.Generator, times: int
) -> Iterator[sparse.csr_array]:
    """Yield random markets in which every bidder and every lot keeps its number of bids."""
    import igraph

    entries = sparse.coo_array(incidence)
    bidders, lots = incidence.shape
    edges = np.column_stack([entries.row, entries.col + bidders])
    # directed from bidder to lot, so that a swap never joins two bidders
    graph = igraph.Graph(n=bidders + lots, edges=edges, directed=True)
    for _ in range(times):
        igraph.set_random_number_generator(random.Random(int(rng.integers(2**63))))
        graph.rewire(n=5 * len(edges))
        swapped = np.array(graph.get_edgelist())
        ones = np.ones(len(swapped), dtype=np.int32)
        place = (swapped[:, 0], swapped[:, 1] - bidders)
        yield sparse.csr_array((ones, place), shape=incidence.shape)


def _tabulate(
    found: list[dict],
    bids: pd.DataFrame,
    rng: np.random.Generator,
    settings: GroupSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, members = [], []
    counter: dict[object, int] = {}
    for group in found:
        counter[group["market"]] = counter.get(group["market"], 0) + 1
        group_id = f"{group['market']}/{counter[group['market']]:03}"
        own = bids[(bids["market"] == group["market"]) & bids["company_id"].isin(group["names"])]
        joint = own[own.groupby("lot")["company_id"].transform("nunique") >= 2]
        kept = {
            name: group[name]
            for name in ("market", "cohesion", "coherence", "exclusivity", "strength")
        }
        rotation = _measure_rotation(joint, len(group["names"]), rng, settings.rewirings)
        size = {"members": len(group["names"]), "lots": joint["lot"].nunique()}
        rows.append({"group_id": group_id, "p_value": group["p_value"], **size, **kept, **rotation})
        members.append(_list_members(group_id, joint, group["names"]))
    groups = pd.DataFrame(rows, columns=[*_COLUMNS])
    if len(groups):
        adjusted = false_discovery_control(groups["p_value"].to_numpy(float), method="bh")
        flagged = adjusted <= settings.false_discovery_rate
        groups = groups.assign(q_value=adjusted, state=np.where(flagged, "flag", "clear"))
    columns = ["group_id", "company_id", "lots", "wins"]
    listed = pd.concat(members) if members else pd.DataFrame(columns=columns)
    return (
        groups.sort_values("group_id", ignore_index=True),
        listed.sort_values(["group_id", "company_id"], ignore_index=True)[columns],
    )


def _list_members(group_id: str, joint: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    counted = joint.groupby("company_id").agg(lots=("lot", "nunique"), wins=("is_winner", "sum"))
    counted = counted.reindex(names, fill_value=0).rename_axis("company_id").reset_index()
    return counted.assign(group_id=group_id, wins=counted["wins"].astype(int))


def _measure_rotation(
    joint: pd.DataFrame, members: int, rng: np.random.Generator, times: int
) -> dict[str, float]:
    won = joint[joint["is_winner"].fillna(False).astype(bool)].dropna(subset=["on_date"])
    turns = pd.factorize(won.sort_values(["on_date", "lot", "company_id"])["company_id"])[0]
    if len(turns) < 3:
        return dict.fromkeys(("win_entropy", "alternation", "rotation_p_value"), np.nan) | {
            "wins": len(turns)
        }
    seen = (turns[1:] != turns[:-1]).mean()
    shuffled = rng.permuted(np.tile(turns, (times, 1)), axis=1)
    chance = (shuffled[:, 1:] != shuffled[:, :-1]).mean(axis=1)
    return {
        "wins": len(turns),
        "win_entropy": float(entropy(np.bincount(turns)) / np.log(members)),
        "alternation": float(seen),
        "rotation_p_value": float((1 + (chance >= seen - 1e-12).sum()) / (1 + times)),
    }
