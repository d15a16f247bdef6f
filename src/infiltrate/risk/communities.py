"""Groups of connected companies, none of them so large that it cannot be held out."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_LARGEST_SHARE = 0.1
_SMALL = 20
_MOST_CUTS = 8
_ROUNDS = 6
_SEED = 20180604
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def find_components(companies: pd.Index, links: pd.DataFrame) -> np.ndarray:
    """Find the components of the graph of companies and what links them.

    Parameters
    ----------
    companies : Index of str
        Companies to number; others may lie between them.
    links : DataFrame
        One row per company and what it shares with others: ``company_id``, ``link``.

    Returns
    -------
    ndarray of int
        In the order of ``companies``, numbered by first appearance.
    """
    return _Graph(companies, links).number(companies)


def find_communities(companies: pd.Index, links: pd.DataFrame) -> np.ndarray:
    """Find the components, those of more than a tenth of the companies cut into communities.

    A component that large (and of more than 20 companies) cannot be held out. The Leiden algorithm
    (Traag, Waltman and van Eck 2019) cuts it where the fewest ties are lost for its size, ever
    finer until no part is too large. Names of companies and the order of rows decide nothing but
    between companies whose neighbourhoods look the same.

    Parameters and returns as of `find_components`.
    """
    graph = _Graph(companies, links)
    most = max(_SMALL, int(_LARGEST_SHARE * len(companies)))
    resolution = 1.0
    for _ in range(_MOST_CUTS):
        numbers = graph.number(companies)
        sizes = np.bincount(numbers, minlength=1)
        if sizes.max() <= most:
            break
        for number in np.flatnonzero(sizes > most):
            graph.cut(graph.place(companies[numbers == number][0]), resolution)
        resolution *= 2
    return graph.number(companies)


class _Graph:
    """Companies and links as the two sides of a graph, with the part each node is in."""

    def __init__(self, companies: pd.Index, links: pd.DataFrame) -> None:
        self._companies = companies.union(pd.Index(links["company_id"].unique()))
        tokens = pd.Index(links["link"].unique())
        self._start = self._companies.get_indexer(links["company_id"])
        self._stop = len(self._companies) + tokens.get_indexer(links["link"])
        self._size = len(self._companies) + len(tokens)
        ones = np.ones(len(links), dtype=np.int8)
        matrix = coo_array((ones, (self._start, self._stop)), shape=(self._size, self._size))
        self._part = connected_components(matrix, directed=False)[1]

    def place(self, company: str) -> int:
        """Return the number of the part a company is in."""
        return int(self._part[self._companies.get_loc(company)])

    def number(self, companies: pd.Index) -> np.ndarray:
        return pd.factorize(self._part[self._companies.get_indexer(companies)])[0]

    def cut(self, part: int, resolution: float) -> None:
        import igraph

        nodes = np.flatnonzero(self._part == part)
        inside = (self._part[self._start] == part) & (self._part[self._stop] == part)
        start = np.searchsorted(nodes, self._start[inside])
        stop = np.searchsorted(nodes, self._stop[inside])
        is_company = nodes < len(self._companies)
        order = np.argsort(_look(start, stop, is_company), kind="stable")
        rank = np.argsort(order)
        edges = np.column_stack([rank[start], rank[stop]])
        graph = igraph.Graph(n=len(nodes), edges=edges[np.lexsort(edges.T)])
        igraph.set_random_number_generator(random.Random(_SEED))
        found = graph.community_leiden(
            objective_function="modularity", resolution=resolution, n_iterations=3
        )
        membership = np.asarray(found.membership)[rank]
        self._part[nodes] = self._part.max() + 1 + membership


def _look(start: np.ndarray, stop: np.ndarray, is_company: np.ndarray) -> np.ndarray:
    """Tell nodes apart by their neighbours, and these by theirs, so that names are not needed."""
    look = is_company.astype(np.uint64) + np.uint64(1)
    for _ in range(_ROUNDS):
        seen = _scatter(look)
        around = np.zeros(len(look), dtype=np.uint64)
        np.add.at(around, start, seen[stop])
        np.add.at(around, stop, seen[start])
        look = _scatter(look + around)
    return look


def _scatter(numbers: np.ndarray) -> np.ndarray:
    mixed = numbers * _MIX
    return (mixed ^ (mixed >> _SHIFT)) * _MIX
