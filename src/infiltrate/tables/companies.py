"""Companies and what registries say of them."""

from infiltrate.tables.definition import SOURCE_ID, Column, Table

COMPANY_KINDS = ("company", "natural_person", "consortium", "public_body", "unknown")
COMPANY_STATUSES = (
    "active",
    "dormant",
    "liquidation",
    "insolvent",
    "dissolved",
    "struck_off",
    "unknown",
)

COMPANIES = Table(
    name="companies",
    row="One row per economic operator seen in any source, with the registry's facts when known.",
    key=("company_id",),
    begins_on="incorporated_on",
    order=(("incorporated_on", "dissolved_on"),),
    columns=(
        Column("company_id", "string", "SCHEME:LOCALID by org-id.guide; pseudonym for a person."),
        Column(
            "kind",
            "string",
            "Legal nature; natural persons are kept for counting and never scored.",
            True,
            COMPANY_KINDS,
        ),
        Column("name", "string", "Registered name; empty for natural persons."),
        Column("legal_form", "string", "Legal form in the registry's own words."),
        Column(
            "status",
            "string",
            "Registry status on the day the registry was read.",
            values=COMPANY_STATUSES,
            known_on="observed_on",
        ),
        Column(
            "status_national",
            "string",
            "Status in the registry's own words.",
            known_on="observed_on",
        ),
        Column(
            "incorporated_on",
            "date",
            "Day of incorporation or first tax registration.",
        ),
        Column("dissolved_on", "date", "Day the company ceased to exist.", known_on="dissolved_on"),
        Column("address", "string", "Registered address as published; empty for natural persons."),
        Column(
            "address_key", "string", "Normalised address: upper case, no accents or punctuation."
        ),
        Column("area_id", "string", "Area of the registered address.", references="areas.area_id"),
        Column("country", "string", "ISO 3166-1 alpha-2 code of the country of registration."),
        Column("sector_id", "string", "Main activity.", references="sectors.sector_id"),
        Column("share_capital", "money", "Capital paid in or registered."),
        Column("currency", "string", "ISO 4217 code of the share capital."),
        Column(
            "in_registry",
            "boolean",
            "Whether the company register has a full entry.",
            known_on="observed_on",
        ),
        Column("observed_on", "date", "Day on which the registry was read."),
        SOURCE_ID,
    ),
)

COMPANY_IDENTIFIERS = Table(
    name="company_identifiers",
    row="One row per further identifier of a company, in another register or scheme.",
    key=("company_id", "other_id"),
    columns=(
        Column("company_id", "string", "The company.", references="companies.company_id"),
        Column("other_id", "string", "The same company elsewhere, SCHEME:LOCALID."),
        SOURCE_ID,
    ),
)

COMPANY_EVENTS = Table(
    name="company_events",
    row="One row per change that a register recorded of a company.",
    key=("company_id", "event", "happened_on"),
    known_on=("happened_on",),
    columns=(
        Column("company_id", "string", "The company.", references="companies.company_id"),
        Column(
            "event",
            "string",
            "What changed.",
            True,
            ("name", "address", "legal_form", "status", "sector", "capital", "merger"),
        ),
        Column("happened_on", "date", "Day of the change."),
        Column("before", "string", "As it was; empty for addresses of natural persons."),
        Column("after", "string", "As it became."),
        SOURCE_ID,
    ),
)

PERSONS = Table(
    name="persons",
    row="One row per natural person who owns or serves a company; never scored, never shown.",
    key=("person_id",),
    columns=(
        Column("person_id", "string", "Keyed pseudonym, as in officers and ownership."),
        Column("birth_year", "integer", "Year of birth."),
        Column("country", "string", "ISO 3166-1 alpha-2 code of the country of residence."),
        SOURCE_ID,
    ),
)

OFFICERS = Table(
    name="officers",
    row="One row per person or company holding a role in a company for a period.",
    key=("company_id", "officer_id", "role", "valid_from"),
    known_on=("valid_from",),
    order=(("valid_from", "valid_to"),),
    columns=(
        Column("company_id", "string", "The company served.", references="companies.company_id"),
        Column("officer_id", "string", "Keyed pseudonym of a person, or a company id."),
        Column(
            "role",
            "string",
            "Role held.",
            values=(
                "director",
                "sole_director",
                "chair",
                "auditor",
                "liquidator",
                "attorney",
                "secretary",
            ),
        ),
        Column("valid_from", "date", "First day in the role."),
        Column("valid_to", "date", "Last day in the role.", known_on="valid_to"),
        SOURCE_ID,
    ),
)

OWNERSHIP = Table(
    name="ownership",
    row="One row per interest of an owner in a company for a period.",
    key=("owner_id", "company_id", "interest", "valid_from"),
    known_on=("valid_from",),
    order=(("valid_from", "valid_to"),),
    columns=(
        Column("owner_id", "string", "Keyed pseudonym of a person, or a company id."),
        Column(
            "owner_kind",
            "string",
            "What the owner is.",
            True,
            ("natural_person", "company", "trust", "state", "unknown"),
        ),
        Column("owner_country", "string", "ISO 3166-1 alpha-2 code of the owner's country."),
        Column("company_id", "string", "The company owned.", references="companies.company_id"),
        Column(
            "interest",
            "string",
            "Nature of the interest.",
            values=("shares", "votes", "appointment", "influence"),
        ),
        Column("share_low", "share", "Lower end of the share held; equal to the upper when exact."),
        Column("share_high", "share", "Upper end of the share held."),
        Column("is_beneficial", "boolean", "Whether declared as beneficial ownership."),
        Column("valid_from", "date", "First day of the interest."),
        Column("valid_to", "date", "Last day of the interest.", known_on="valid_to"),
        SOURCE_ID,
    ),
)

_ACCOUNT_ITEMS = (
    ("revenue", "Net revenue."),
    ("materials", "Raw materials and merchandise."),
    ("services", "Purchased services."),
    ("personnel", "Personnel cost."),
    ("depreciation", "Depreciation and amortisation."),
    ("ebit", "Earnings before interest and tax."),
    ("interest", "Interest expense."),
    ("tax", "Income tax."),
    ("net_income", "Net income."),
    ("assets", "Total assets."),
    ("fixed_assets", "Tangible and intangible fixed assets."),
    ("inventory", "Inventories."),
    ("receivables", "Trade receivables."),
    ("cash", "Cash and equivalents."),
    ("equity", "Shareholders' equity."),
    ("retained_earnings", "Profits kept in the company, losses carried forward taken off."),
    ("current_liabilities", "Liabilities due within a year."),
    ("debt", "Total financial debt."),
    ("bank_debt", "Debt to banks."),
    ("payables", "Trade payables."),
    ("shareholder_loans", "Loans from shareholders."),
)

ACCOUNTS = Table(
    name="accounts",
    row="One row per company and financial year.",
    key=("company_id", "year_end_on"),
    known_on=("filed_on", "year_end_on"),
    order=(("year_end_on", "filed_on"),),
    columns=(
        Column("company_id", "string", "The company.", references="companies.company_id"),
        Column("year_end_on", "date", "Last day of the financial year."),
        Column("filed_on", "date", "Day of filing."),
        Column("currency", "string", "ISO 4217 code of every amount in the row.", True),
        *(Column(name, "money", description) for name, description in _ACCOUNT_ITEMS),
        Column("employees", "number", "Average number of employees."),
        SOURCE_ID,
    ),
)
