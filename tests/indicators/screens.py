"""The nine screens of lots of any number of bids."""

from __future__ import annotations

import pandas as pd

from infiltrate.indicators.bid_screens import screen_bids


def tabulate_screens(bids: pd.DataFrame) -> pd.DataFrame:
    """Return the number of bids and the screens of every lot with three bids or more, by lot."""
    parts = []
    for number, part in bids.groupby(bids.groupby("lot")["amount"].transform("size")):
        if number >= 3:
            ordered = part.sort_values("lot")
            screens = screen_bids(ordered["amount"].to_numpy(float).reshape(-1, number))
            parts.append(screens.assign(lot=ordered["lot"].to_numpy()[::number], bids=number))
    return pd.concat(parts).set_index("lot").sort_index()
