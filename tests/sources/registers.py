"""Files in the published layouts of registers of companies, from a few values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from stdnum.iso7064 import mod_97_10


def _cut(header: str) -> list[str]:
    return header.split(",")


# The blanks stand in the published header.
COMPANY_COLUMNS = _cut(
    "CompanyName, CompanyNumber,RegAddress.CareOf,RegAddress.POBox,RegAddress.AddressLine1,"
    " RegAddress.AddressLine2,RegAddress.PostTown,RegAddress.County,RegAddress.Country,"
    "RegAddress.PostCode,CompanyCategory,CompanyStatus,CountryOfOrigin,DissolutionDate,"
    "IncorporationDate,Accounts.AccountRefDay,Accounts.AccountRefMonth,Accounts.NextDueDate,"
    "Accounts.LastMadeUpDate,Accounts.AccountCategory,Returns.NextDueDate,Returns.LastMadeUpDate,"
    "Mortgages.NumMortCharges,Mortgages.NumMortOutstanding,Mortgages.NumMortPartSatisfied,"
    "Mortgages.NumMortSatisfied,SICCode.SicText_1,SICCode.SicText_2,SICCode.SicText_3,"
    "SICCode.SicText_4,LimitedPartnerships.NumGenPartners,LimitedPartnerships.NumLimPartners,URI,"
    "PreviousName_1.CONDATE, PreviousName_1.CompanyName, PreviousName_2.CONDATE,"
    " PreviousName_2.CompanyName,PreviousName_3.CONDATE, PreviousName_3.CompanyName,"
    "PreviousName_4.CONDATE, PreviousName_4.CompanyName,PreviousName_5.CONDATE,"
    " PreviousName_5.CompanyName,PreviousName_6.CONDATE, PreviousName_6.CompanyName,"
    "PreviousName_7.CONDATE, PreviousName_7.CompanyName,PreviousName_8.CONDATE,"
    " PreviousName_8.CompanyName,PreviousName_9.CONDATE, PreviousName_9.CompanyName,"
    "PreviousName_10.CONDATE, PreviousName_10.CompanyName,ConfStmtNextDueDate,"
    " ConfStmtLastMadeUpDate"
)

ENTITY_COLUMNS = _cut(
    "LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.LegalAddress.xmllang,"
    "Entity.LegalAddress.FirstAddressLine,Entity.LegalAddress.City,Entity.LegalAddress.Region,"
    "Entity.LegalAddress.Country,Entity.LegalAddress.PostalCode,"
    "Entity.RegistrationAuthority.RegistrationAuthorityID,"
    "Entity.RegistrationAuthority.OtherRegistrationAuthorityID,"
    "Entity.RegistrationAuthority.RegistrationAuthorityEntityID,Entity.LegalJurisdiction,"
    "Entity.EntityCategory,Entity.LegalForm.EntityLegalFormCode,Entity.EntityStatus,"
    "Entity.EntityCreationDate,Entity.EntityExpirationDate,Entity.EntityExpirationReason,"
    "Registration.InitialRegistrationDate,Registration.LastUpdateDate,"
    "Registration.RegistrationStatus,Registration.NextRenewalDate,Registration.ManagingLOU,"
    "Registration.ValidationSources"
)

RELATIONSHIP_COLUMNS = _cut(
    "Relationship.StartNode.NodeID,Relationship.StartNode.NodeIDType,Relationship.EndNode.NodeID,"
    "Relationship.EndNode.NodeIDType,Relationship.RelationshipType,"
    "Relationship.RelationshipStatus,Relationship.Period.1.startDate,Relationship.Period.1.endDate,"
    "Relationship.Period.1.periodType,Relationship.Period.2.startDate,"
    "Relationship.Period.2.endDate,Relationship.Period.2.periodType,"
    "Relationship.Qualifiers.1.QualifierDimension,Relationship.Qualifiers.1.QualifierCategory,"
    "Relationship.Quantifiers.1.MeasurementMethod,Relationship.Quantifiers.1.QuantifierAmount,"
    "Relationship.Quantifiers.1.QuantifierUnits,Registration.InitialRegistrationDate,"
    "Registration.LastUpdateDate,Registration.RegistrationStatus,Registration.NextRenewalDate,"
    "Registration.ManagingLOU,Registration.ValidationSources"
)


def write_rows(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as quoted CSV under a header; a value that is not named is empty."""
    named = {name.strip() for name in columns}
    unknown = {name for row in rows for name in row} - named
    assert not unknown, f"no such columns: {sorted(unknown)}"
    text = io.StringIO()
    text.write(",".join(columns) + "\n")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow([row.get(name.strip(), "") for name in columns])
    return text.getvalue()


def make_lei(number: int) -> str:
    """Return an invented identifier with the right check digits."""
    head = f"00XX00INVENTED{number:04d}"
    return head + mod_97_10.calc_check_digits(head)
