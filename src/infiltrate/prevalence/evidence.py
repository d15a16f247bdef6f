"""What is known of each company beside the lists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class FirmEvidence:
    """What is known of each company beside the lists; rows in the order of the companies.

    Attributes
    ----------
    signs : pandas.DataFrame
        Numbers that infiltration may shift; missing where not known.
    reach : pandas.DataFrame
        Numbers that make a list likelier to find an infiltrated firm, the effort of authorities
        above all; missing where not known.
    cluster : numpy.ndarray of int
        Component of the network of officers; its own for a firm alone.
    """

    signs: pd.DataFrame
    reach: pd.DataFrame
    cluster: np.ndarray
