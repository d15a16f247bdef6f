"""Invented compiled releases, one a line, about as long as those that countries publish."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_METHODS = ("open", "open", "open", "selective", "limited", "direct")
_FIRST_DAY = datetime(2016, 1, 1)


def write_lines(number: int, path: Path, seed: int = 1) -> None:
    """Write so many contracting processes with bids, awards, contracts and parties."""
    draw = random.Random(seed)
    firms, buyers = max(60, number // 20), max(20, number // 200)
    with path.open("w", encoding="utf-8") as file:
        for index in range(number):
            release = _invent(draw, index, firms, buyers)
            file.write(json.dumps(release, separators=(",", ":")) + "\n")


def _invent(draw: random.Random, index: int, firms: int, buyers: int) -> dict[str, Any]:
    ocid = f"ocds-bench1-{index:09}"
    start = _FIRST_DAY + timedelta(days=draw.randrange(3200))
    end = start + timedelta(days=draw.randint(3, 60), hours=12)
    bidders = draw.sample(range(firms), draw.randint(1, 6))
    price = round(10 ** draw.uniform(3.7, 6), 2)
    amounts = [round(price * (1 + 0.1 * place * draw.random()), 2) for place in range(len(bidders))]
    buyer = {"id": f"BUYER-{draw.randrange(buyers):06}", "name": "An invented authority"}
    names = [{"id": f"FIRM-{firm:011}", "name": f"Invented firm {firm} Ltd"} for firm in bidders]
    items = [
        {"id": "1", "classification": {"scheme": "CPV", "id": f"{draw.randint(3, 98):02}000000"}}
    ]
    award = {
        "id": f"{ocid}-a1",
        "status": "active" if draw.random() < 0.97 else "pending",
        "date": _text(end + timedelta(days=20)),
        "value": {"amount": price, "currency": "EUR"},
        "suppliers": names[:1],
        "items": items,
    }
    return {
        "ocid": ocid,
        "id": f"{ocid}-c",
        "date": _text(end),
        "tag": ["compiled"],
        "initiationType": "tender",
        "parties": [
            {**buyer, "roles": ["buyer", "procuringEntity"], "address": {"region": "XX-01"}},
            *(
                {
                    **name,
                    "identifier": {"scheme": "XX-REG", "id": name["id"]},
                    "roles": ["tenderer"],
                }
                for name in names
            ),
        ],
        "buyer": buyer,
        "tender": {
            "id": f"{ocid}-t",
            "title": f"Invented tender {index}",
            "status": "complete",
            "procurementMethod": draw.choice(_METHODS),
            "procurementMethodDetails": "An invented procedure",
            "numberOfTenderers": len(bidders),
            "value": {"amount": round(1.2 * price, 2), "currency": "EUR"},
            "procuringEntity": buyer,
            "tenderPeriod": {"startDate": _text(start), "endDate": _text(end)},
        },
        "bids": {
            "details": [
                {
                    "id": str(place),
                    "date": _text(end - timedelta(days=draw.randint(-1, 9))),
                    "status": "disqualified" if place and draw.random() < 0.05 else "valid",
                    "value": {"amount": amount, "currency": "EUR"},
                    "tenderers": [name],
                }
                for place, (name, amount) in enumerate(zip(names, amounts, strict=True))
            ]
        },
        "awards": [award],
        "contracts": [
            {
                "id": f"{ocid}-c1",
                "awardID": award["id"],
                "status": "active",
                "dateSigned": _text(end + timedelta(days=50)),
                "value": award["value"],
            }
        ],
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+01:00")
