"""Names of companies in a form that can be compared: words, their order aside, and legal form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pandas as pd

from infiltrate.linkage.transliteration import write_in_latin

_FORMS: Mapping[str, tuple[str, ...]] = {
    "limited": (
        "ltd", "limited", "limited company", "private limited", "private limited company",
        "pvt ltd", "pty ltd", "proprietary limited", "llc", "limited liability company", "ltda",
        "limitada", "srl", "sarl", "s a r l", "gmbh", "ges mbh", "mbh", "ug", "bv", "bvba", "sprl",
        "sl", "slu", "sociedad limitada", "lda", "sp zoo", "spzoo", "spolka z ograniczona "
        "odpowiedzialnoscia", "doo", "dooel", "kft", "sro", "spol sro", "oy", "aps", "eood", "ood",
        "ooo", "tov", "too", "epe", "ike", "sia", "uab", "ou", "srls", "eirl", "sas", "sasu",
        "eurl", "sh pk", "shpk", "mchj", "as limited", "societa a responsabilita limitata",
        "sociedad de responsabilidad limitada", "sociedad anonima cerrada", "sac", "saa",
    ),
    "public": (
        "plc", "public limited company", "public limited", "inc", "incorporated", "corp",
        "corporation", "sa", "spa", "ag", "nv", "ab", "asa", "as", "oyj", "ad", "ead", "ao", "oao",
        "pao", "zao", "pat", "prat", "dd", "rt", "nyrt", "zrt", "sab", "sab de cv", "sa de cv",
        "s de rl de cv", "s de rl", "se", "ae", "joint stock company", "jsc", "pjsc", "cjsc",
        "ojsc", "sociedad anonima", "societe anonyme", "societa per azioni", "aktiengesellschaft",
        "aktsionernoe obshchestvo", "anonymi etaireia",
    ),
    "partnership": (
        "llp", "lp", "partnership", "snc", "ss", "kg", "ohg", "gmbh co kg", "ohg", "sca", "scs",
        "sc", "sk", "kd", "ks", "vof", "cv", "ee", "oe", "bt", "sp j", "sp k", "hb", "kb",
        "limited partnership", "general partnership",
    ),
    "cooperative": (
        "coop", "co op", "co operative", "cooperative", "cooperativa", "scarl", "soc coop",
        "societa cooperativa", "scrl", "sccl", "eg", "kooperativ", "sce", "cooperative society",
        "soc coop sociale", "sociedad cooperativa",
    ),
    "sole": ("sole trader", "ditta individuale", "ip", "fop", "pp", "empresa individual", "ei"),
}  # fmt: skip
_BY_WORDS = MappingProxyType(
    {tuple(written.split()): form for form, every in _FORMS.items() for written in every}
)
_LONGEST = max(map(len, _BY_WORDS))
# Words of several languages that name nothing; single letters only where they stand alone.
_EMPTY_WORDS = "and und et the of de del della di da do dos des du la le el los i e y"
_EMPTY = frozenset(_EMPTY_WORDS.split())
_WORDS = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b(?:[^\W_]\.\s?){2,}[^\W_]?\b")
_APOSTROPHES = re.compile(r"['’`´ʼ]")
NAME_COLUMNS = ("written", "key", "compact", "stems", "words", "form")


def normalise_names(names: Iterable[str | None]) -> pd.DataFrame:
    """Take names apart.

    Latin letters without accents, no punctuation, no legal form (kept beside), no words that name
    nothing; single letters in a row are one word (``K. T. V.`` is ``ktv``).

    Returns
    -------
    pandas.DataFrame
        One row per name, in their order: ``written`` (words in the order written), ``key`` (words
        sorted), ``compact`` (written, without spaces), ``stems`` (first four letters of each word,
        sorted: an abbreviated word has the same), ``words`` (a tuple, sorted, none twice) and
        ``form`` (limited, public, partnership, cooperative, sole; empty where not said). A name
        without letters or digits has missing values.
    """
    known: dict[str, tuple[str, str, str, str, tuple[str, ...], str] | None] = {}
    rows = []
    for name in names:
        text = name if isinstance(name, str) else ""
        if text not in known:
            known[text] = _take_apart(text)
        rows.append(known[text] or (None, None, None, None, (), None))
    return pd.DataFrame(rows, columns=list(NAME_COLUMNS))


def read_form(text: str | None) -> str:
    """Return the kind of a legal form that a register states in words, empty when not known."""
    words = _find_words(text or "")
    for start in range(len(words)):
        for end in range(min(len(words), start + _LONGEST), start, -1):
            if form := _BY_WORDS.get(tuple(words[start:end])):
                return form
    return ""


def _take_apart(name: str) -> tuple[str, str, str, str, tuple[str, ...], str] | None:
    words = _find_words(name)
    if not words:
        return None
    words, form = _split_form(words)
    words = [word for word in words if word not in _EMPTY] or words
    written = " ".join(words)
    distinct = tuple(sorted(set(words)))
    stems = " ".join(sorted(word[:4] for word in words))
    return written, " ".join(sorted(words)), "".join(words), stems, distinct, form


def _find_words(name: str) -> list[str]:
    text = _APOSTROPHES.sub("", write_in_latin(name))
    if "." in text:
        text = _DOTTED.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", text)
    return _join_letters(_WORDS.findall(text))


def _join_letters(words: list[str]) -> list[str]:
    """Make one word of letters that stand alone in a row."""
    joined: list[str] = []
    was_letter = False
    for word in words:
        is_letter = len(word) == 1 and word.isalpha()
        if is_letter and was_letter:
            joined[-1] += word
        else:
            joined.append(word)
        was_letter = is_letter
    return joined


def _split_form(words: list[str]) -> tuple[list[str], str]:
    """Cut legal forms off the end, then off the beginning, as long as a name is left."""
    form = ""
    for at_end in (True, True, False):
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            part = tuple(words[-length:]) if at_end else tuple(words[:length])
            # a short word in front is more often a name than a form
            if part in _BY_WORDS and (at_end or length > 1 or len(part[0]) >= 3):
                form = form or _BY_WORDS[part]
                words = words[:-length] if at_end else words[length:]
                break
    return words, form
