"""How lists write what the register wrote: names, numbers, places and activities."""

from __future__ import annotations

import numpy as np

_SHORT_FORMS = {
    "Limited company": ("Ltd", "LTD.", "Limited", "L.t.d."),
    "Public limited company": ("plc", "P.L.C.", "Public limited company"),
    "Co-operative": ("Coop.", "co-operative"),
    "Partnership": ("Partnership", "LLP"),
}
_SHORT_WORDS = {
    "Construction": "Constr.", "Engineering": "Engin.", "Recycling": "Recyc.",
    "Transport": "Transp.", "Security": "Secur.", "Cleaning": "Clean.", "Services": "Serv.",
    "Facilities": "Facil.", "Software": "Softw.", "Property": "Prop.", "Machines": "Mach.",
    "Wholesale": "Wholes.", "Catering": "Cater.", "Supplies": "Suppl.", "Haulage": "Haul.",
}  # fmt: skip
_LETTERS = "abcdefghiklmnoprstuvwz"


def write_names(names: np.ndarray, forms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return names as a list writes them.

    The legal form is left out or abbreviated; of 100 names 12 have a typing error, 8 a word
    abbreviated, 6 their words in another order, 5 a word too few, 4 no space between two words,
    3 another legal form, and 30 another case. A name may have several.
    """
    draws = rng.random((len(names), 8))
    return np.array(
        [
            _write_name(name, form, draw, rng)
            for name, form, draw in zip(names, forms, draws, strict=True)
        ],
        dtype=object,
    )


def _write_name(name: str, form: str, draw: np.ndarray, rng: np.random.Generator) -> str:
    words = name.split()
    if draw[0] < 0.08:
        words = [_SHORT_WORDS.get(word, word) for word in words]
    if draw[1] < 0.06:
        words = [words[-1], *words[:-1]]
    if draw[2] < 0.05 and len(words) > 2:
        del words[int(rng.integers(len(words)))]
    if draw[3] < 0.04 and len(words) > 1:
        words = [words[0] + words[1].lower(), *words[2:]]
    text = " ".join(words)
    if draw[4] < 0.12:
        text = _mistype(text, rng)
    if draw[5] < 0.6:
        stated = form if draw[6] >= 0.03 else list(_SHORT_FORMS)[int(rng.integers(4))]
        text += " " + _SHORT_FORMS[stated][int(rng.integers(len(_SHORT_FORMS[stated])))]
    if draw[7] < 0.2:
        return text.upper()
    return text.lower() if draw[7] < 0.3 else text


def _mistype(text: str, rng: np.random.Generator) -> str:
    """Change, drop, double or swap a letter."""
    place = int(rng.integers(len(text) - 1))
    before, letter, after = text[:place], text[place], text[place + 1 :]
    kind = int(rng.integers(4))
    if kind == 0:
        return before + _LETTERS[int(rng.integers(len(_LETTERS)))] + after
    if kind == 1:
        return before + after
    return before + letter + letter + after if kind == 2 else before + after[0] + letter + after[1:]


def misplace(codes: np.ndarray, every: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return codes of which 8 in 100 are missing and 3 in 100 are any other."""
    draw = rng.random(len(codes))
    other = every[rng.integers(len(every), size=len(codes))]
    return np.where(draw < 0.08, "", np.where(draw < 0.11, other, codes))


def state_numbers(
    right: np.ndarray,
    every: np.ndarray,
    typed_wrong: np.ndarray,
    missing: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return company numbers as a list states them, -1 where it states none.

    A number typed wrong is nobody's in seven cases of ten, and another company's in three.
    """
    hits = rng.random(len(right)) < 0.3
    another = every[rng.integers(len(every), size=len(right))]
    wrong = (right + rng.integers(1, 9, len(right)) * 1_000) % 90_000_000
    while np.isin(wrong, every).any():
        wrong = np.where(np.isin(wrong, every), (wrong + 1) % 90_000_000, wrong)
    another = np.where(another == right, wrong, another)
    number = np.where(typed_wrong, np.where(hits, another, wrong), right)
    return np.where(missing, -1, number)
