"""Names and addresses put together from word lists; none belongs to anybody."""

from __future__ import annotations

import numpy as np

_FIRST = (
    "Alder", "Amber", "Ash", "Basalt", "Birch", "Brant", "Cedar", "Cobalt", "Copper", "Crane",
    "Curlew", "Delta", "Dovetail", "Drift", "Élan", "Elm", "Ember", "Fjord", "Flint", "Garnet",
    "Granite", "Grebe", "Harbour", "Heron", "Indigo", "Juniper", "Kestrel", "Larch", "Lumen",
    "Meadow", "Mistral", "Moor", "Nimbus", "Oriole", "Osprey", "Pebble", "Pélican", "Plover",
    "Quarry", "Quill", "Reed", "Rowan", "Saffron", "Slate", "Spruce", "Sørland", "Tern", "Thistle",
    "Umber", "Velvet", "Wharf", "Willow", "Wren", "Yarrow", "Zephyr", "Zinc",
)  # fmt: skip
_SECOND = (
    "Bridge", "Field", "Gate", "Grove", "Hill", "Lake", "Line", "Mill", "Point", "Ridge", "Stone",
    "Vale", "Water", "Way", "Wood", "Yard",
)  # fmt: skip
_TRADES = {
    "01": ("Groves", "Gardens", "Forestry"),
    "08": ("Quarries", "Gravel", "Stone"),
    "25": ("Metals", "Forge", "Fittings"),
    "28": ("Machines", "Tools", "Pumps"),
    "35": ("Power", "Grid", "Solar"),
    "38": ("Recovery", "Waste", "Recycling"),
    "41": ("Works", "Builders", "Construction"),
    "42": ("Roads", "Earthworks", "Engineering Works"),
    "46": ("Supplies", "Trading", "Wholesale"),
    "47": ("Shops", "Stores", "Market"),
    "49": ("Haulage", "Transport", "Freight"),
    "56": ("Kitchens", "Catering", "Canteens"),
    "62": ("Systems", "Software", "Data"),
    "68": ("Estates", "Homes", "Property"),
    "71": ("Design", "Consult", "Surveys"),
    "80": ("Guard", "Security", "Watch"),
    "81": ("Cleaning", "Services", "Facilities"),
    "86": ("Clinic", "Care", "Health"),
    "92": ("Games", "Sport", "Arcade"),
    "96": ("Laundry", "Salon", "Spa"),
}
_STREETS = (
    "Rua Alta", "Canal Quay", "Côte Vieille", "Market Square", "Mill Lane", "Østgate", "Park Road",
    "Rope Walk", "Station Street", "Tannery Row", "Upper Ring", "Weir Street",
)  # fmt: skip


_ONSETS = ("b", "br", "c", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st",
           "t", "tr", "v", "w", "z")  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ai", "é", "ou", "ä")
_CODAS = ("l", "n", "r", "s", "nd", "rk", "lm", "st", "ck", "t")
_ENDINGS = ("an", "ek", "er", "ic", "mann", "o", "ov", "sen", "son", "ström", "y", "ini")


def name_companies(sectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one registered name per company, shape ``(n_companies,)``.

    A founder, two founders, invented words, a place or letters, and a trade: a few companies in a
    hundred share their name with another one, and many differ in one word.

    Parameters
    ----------
    sectors : numpy.ndarray
        Division of each company, which chooses the last word.
    """
    count = len(sectors)
    founders, partners = _invent_surnames(count, rng), _invent_surnames(count, rng)
    first = np.array(_FIRST, dtype=object)[rng.integers(len(_FIRST), size=count)]
    second = np.array(_SECOND, dtype=object)[rng.integers(len(_SECOND), size=count)]
    letters = _draw_letters(count, rng)
    third = rng.integers(3, size=count)
    trades = np.array(
        [_TRADES[sector][pick] for sector, pick in zip(sectors, third, strict=True)], dtype=object
    )
    kind = rng.choice(5, size=count, p=(0.34, 0.16, 0.24, 0.16, 0.10))
    return np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3],
        [
            founders + " " + trades,
            founders + " & " + partners + " " + trades,
            first + " " + second + " " + trades,
            founders + " " + second + " " + trades,
        ],
        letters + " " + trades,
    )


def _invent_surnames(count: int, rng: np.random.Generator) -> np.ndarray:
    parts = [
        np.array(words, dtype=object)[rng.integers(len(words), size=count)]
        for words in (_ONSETS, _VOWELS, _CODAS, _ENDINGS)
    ]
    return np.array([word.capitalize() for word in sum(parts[1:], parts[0])], dtype=object)


def _draw_letters(count: int, rng: np.random.Generator) -> np.ndarray:
    drawn = rng.integers(26, size=(count, 3))
    return np.array(["".join(chr(65 + one) for one in row) for row in drawn], dtype=object)


def name_streets(spots: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return the address of each numbered spot of an area; one spot is one address."""
    street = np.array(_STREETS, dtype=object)[spots % len(_STREETS)]
    number = (1 + spots // len(_STREETS)).astype(str).astype(object)
    return street + " " + number + ", " + areas.astype(object)
