"""Cyrillic, Greek and Arabic letters in Latin ones, and letters that Unicode does not take apart.

The tables follow no single standard: they give what a clerk would most often type, since what is
compared is a name typed by one office with a name typed by another. Arabic writes no short vowels,
so an Arabic name and its Latin spelling agree in consonants only. Other scripts (Hebrew, Georgian,
Armenian, Chinese, ...) are left as they are and match within the same script alone.
"""

from __future__ import annotations

import unicodedata

# one letter (or two) a word, in the order of the letters above it; _ is none
_CYRILLIC_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўђјљњћџѓќѕ"
_CYRILLIC_LATIN = (
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya "
    "i i ie g u dj j lj nj c dz gj kj dz"
)
_GREEK_LETTERS = "αβγδεζηθικλμνξοπρσςτυφχψω"
_GREEK_LATIN = "a v g d e z i th i k l m n x o p r s s t y f ch ps o"
_ARABIC_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءآأإؤئپچژگکی"
_ARABIC_LATIN = (
    "a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a a _ a a i w y p ch zh g k y"
)
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
    "ħ": "h", "ŋ": "n", "ə": "e",
}  # fmt: skip
_PAIRS = {"αυ": "av", "ευ": "ev", "ου": "ou", "μπ": "b", "ντ": "nt", "γκ": "gk"}
_TABLE = {ord(letter): latin for letter, latin in _LATIN.items()} | {
    ord(letter): latin.replace("_", "")
    for letters, written in (
        (_CYRILLIC_LETTERS, _CYRILLIC_LATIN),
        (_GREEK_LETTERS, _GREEK_LATIN),
        (_ARABIC_LETTERS, _ARABIC_LATIN),
    )
    for letter, latin in zip(letters, written.split(), strict=True)
}


def write_in_latin(text: str) -> str:
    """Return a text in small Latin letters without accents; unknown scripts stay as they are.

    >>> write_in_latin("Łódź Ремонт Ελλάς")
    'lodz remont ellas'
    """
    text = text.casefold()
    if text.isascii():
        return text
    # Cyrillic short i and io are letters of their own, and would lose their marks below
    text = unicodedata.normalize("NFC", text).translate(_TABLE)
    if text.isascii():
        return text
    marked = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in marked if not unicodedata.combining(letter))
    for pair, latin in _PAIRS.items():
        bare = bare.replace(pair, latin)
    return bare.translate(_TABLE)
