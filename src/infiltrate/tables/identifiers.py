"""Identifiers of organisations: schemes by org-id.guide, check digits, pseudonyms of persons."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Literal

from stdnum.exceptions import InvalidChecksum, ValidationError

Reason = Literal["", "empty", "form", "check_digit"]

SCHEME_PATTERN = re.compile(r"[A-Z]{2,3}(-[A-Z0-9]+)+")
_PERSON_SUFFIX = "-P"


@dataclass(frozen=True)
class Scheme:
    """A register that gives organisations their numbers.

    Attributes
    ----------
    code : str
        Code of the list at org-id.guide, or in its manner when that has none.
    title : str
        What the number is called where it is used.
    module : str
        Module of python-stdnum that knows its check digits; empty when there is none.
    form : str
        Regular expression of the local part, where no module exists or before it is asked.
    length : int
        Fixed length, to which digits that lost their leading zeros are filled up; 0 when it varies.
    prefix : str
        Letters some publishers write before the number, such as the country of a VAT number.
    """

    code: str
    title: str
    module: str = ""
    form: str = ""
    length: int = 0
    prefix: str = ""


@dataclass(frozen=True)
class Identifier:
    """An identifier that was looked at.

    Attributes
    ----------
    id : str
        ``SCHEME:LOCAL``, normalised; empty when the value is empty.
    valid : bool
        Whether it fits its scheme.
    reason : str
        ``form`` when it does not look like one at all, ``check_digit`` when it does but was
        mistyped, ``empty``; empty when valid.
    """

    id: str
    valid: bool
    reason: Reason = ""


SCHEMES: dict[str, Scheme] = {
    scheme.code: scheme
    for scheme in (
        Scheme("AM-TIN", "Armenian taxpayer number", form=r"\d{8}", length=8),
        Scheme("AR-CUIT", "Argentine CUIT", "ar.cuit", length=11),
        Scheme("BR-CNPJ", "Brazilian CNPJ", "br.cnpj", length=14),
        Scheme("CL-RUT", "Chilean RUT", "cl.rut"),
        Scheme("CO-NIT", "Colombian NIT with check digit", "co.nit"),
        Scheme("EC-RUC", "Ecuadorian RUC", "ec.ruc", length=13),
        Scheme("ES-NIF", "Spanish NIF", "es.nif", prefix="ES"),
        Scheme("FR-RCS", "French trade register, by SIREN", "fr.siren", length=9),
        Scheme("FR-SIREN", "French SIREN", "fr.siren", length=9),
        Scheme(
            "GB-COH", "Companies House number", form=r"[A-Z]{2}\d{6}|[A-Z]\d{7}|\d{8}", length=8
        ),
        Scheme("HR-OIB", "Croatian OIB", "hr.oib", length=11, prefix="HR"),
        Scheme("HU-AFA", "Hungarian tax number, eight digits", "hu.anum", length=8, prefix="HU"),
        Scheme("IT-CF", "Italian codice fiscale", "it.codicefiscale", length=11, prefix="IT"),
        Scheme("MX-RFC", "Mexican RFC", "mx.rfc"),
        Scheme("PE-OSCE", "Peruvian supplier register", form=r"\d{6}|[CL]\d{10}|99\d{9}"),
        Scheme("PE-RUC", "Peruvian RUC", "pe.ruc", length=11),
        Scheme("PL-KRS", "Polish court register", form=r"\d{10}", length=10),
        Scheme("PL-NIP", "Polish NIP", "pl.nip", length=10, prefix="PL"),
        Scheme("PT-NIPC", "Portuguese NIPC", "pt.nif", length=9, prefix="PT"),
        Scheme("RO-CUI", "Romanian CUI", "ro.cui", prefix="RO"),
        Scheme("UA-EDR", "Ukrainian EDRPOU", "ua.edrpou", length=8),
        Scheme("XI-LEI", "Legal entity identifier", "lei", length=20),
        Scheme("XX-GOV", "Authorities of the invented country", form=r"\d{4}", length=4),
        Scheme("XX-REG", "Company register of the invented country", form=r"\d{8}", length=8),
    )
}


def validate_identifier(scheme: str, raw: str) -> Identifier:
    """Normalise an identifier and check it against its scheme.

    Spaces, dots, hyphens and slashes go, letters become capitals, lost leading zeros come back
    where the scheme fixes the length and the check digit agrees. A scheme that is not in
    `SCHEMES` has no rule: any text is taken as it is.

    Parameters
    ----------
    scheme : str
        Code of the scheme, for example ``PE-RUC``.
    raw : str
        The value as published, with or without ``SCHEME:`` before it.
    """
    known = SCHEMES.get(scheme)
    local = raw.strip().removeprefix(f"{scheme}:")
    if known is None:
        local = " ".join(local.split())
        return Identifier(f"{scheme}:{local}", True) if local else Identifier("", False, "empty")
    local = re.sub(r"[\s.\-/·]", "", local).upper()
    if not local:
        return Identifier("", False, "empty")
    reasons: list[Reason] = []
    for candidate in _candidates(known, local):
        reasons.append(_check(known, candidate))
        if not reasons[-1]:
            return Identifier(f"{scheme}:{candidate}", True)
    mistyped = "check_digit" in reasons[:1]
    return Identifier(f"{scheme}:{local}", False, "check_digit" if mistyped else "form")


def pseudonymise(scheme: str, raw: str, key: bytes) -> str:
    """Replace a natural person's identifier by ``SCHEME-P:`` and 16 hexadecimal digits.

    The digits are the start of HMAC-SHA256 under the user's key: the same person has the same
    pseudonym in every source read with that key, and nobody without it can test a guess.
    """
    message = validate_identifier(scheme, raw).id.encode()
    return f"{scheme}{_PERSON_SUFFIX}:{hmac.new(key, message, hashlib.sha256).hexdigest()[:16]}"


def is_pseudonym(identifier: str) -> bool:
    """Whether an identifier is the pseudonym of a natural person."""
    return identifier.partition(":")[0].endswith(_PERSON_SUFFIX)


def _candidates(scheme: Scheme, local: str) -> list[str]:
    """Give the readings of a local part: as it stands, then with its leading zeros."""
    candidates = [local]
    if scheme.prefix and local.startswith(scheme.prefix):
        candidates = [local.removeprefix(scheme.prefix)]
    if scheme.length and candidates[0].isdecimal() and len(candidates[0]) < scheme.length:
        candidates.append(candidates[0].zfill(scheme.length))
    return candidates


def _check(scheme: Scheme, local: str) -> Reason:
    if scheme.form and not re.fullmatch(scheme.form, local):
        return "form"
    if not scheme.module:
        return ""
    module = _module(scheme.module)
    try:
        # stdnum strips prefixes and separators by itself; what is stored must be what was checked
        return "" if module.validate(local) == local else "form"
    except InvalidChecksum:
        return "check_digit"
    except (ValidationError, ValueError):
        return "form"


@cache
def _module(name: str) -> ModuleType:
    return import_module(f"stdnum.{name}")
