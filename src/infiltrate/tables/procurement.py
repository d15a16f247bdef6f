"""Buyers, tenders, bids, contracts and the members of consortia."""

from infiltrate.tables.definition import SOURCE_ID, Column, Table

PROCEDURES = (
    "open",
    "restricted",
    "negotiated_with_publication",
    "negotiated_without_publication",
    "competitive_dialogue",
    "innovation_partnership",
    "direct_award",
    "framework_call",
    "concession",
    "other",
)
CATEGORIES = ("works", "goods", "services")

BUYERS = Table(
    name="buyers",
    row="One row per contracting authority.",
    key=("buyer_id",),
    columns=(
        Column("buyer_id", "string", "SCHEME:LOCALID by org-id.guide."),
        Column("name", "string", "Name of the authority."),
        Column(
            "type",
            "string",
            "Tier or kind of authority.",
            values=("central", "regional", "local", "utility", "state_owned", "body", "other"),
        ),
        Column("area_id", "string", "Area of the authority.", references="areas.area_id"),
        SOURCE_ID,
    ),
)

TENDERS = Table(
    name="tenders",
    row="One row per lot of a tender.",
    key=("tender_id", "lot_id"),
    known_on=("call_published_on", "deadline_on", "award_on"),
    order=(("call_published_on", "deadline_on"), ("deadline_on", "award_on")),
    columns=(
        Column("tender_id", "string", "Identifier of the procedure."),
        Column("lot_id", "string", "Identifier of the lot inside the procedure."),
        Column("buyer_id", "string", "Contracting authority.", True, references="buyers.buyer_id"),
        Column("title", "string", "What is bought."),
        Column("product_code", "string", "Product classification code (CPV, UNSPSC, national)."),
        Column("category", "string", "Works, goods or services.", values=CATEGORIES),
        Column("procedure_national", "string", "Procedure in the publisher's own words."),
        Column("procedure", "string", "Canonical procedure.", values=PROCEDURES),
        Column("call_published_on", "date", "Day of the first call."),
        Column("deadline_on", "date", "Last day for bids."),
        Column("award_on", "date", "Day of the award decision.", known_on="award_on"),
        Column("estimated_value", "money", "Value estimated before bidding."),
        Column("currency", "string", "ISO 4217 code of the estimated value."),
        Column(
            "criteria", "string", "Award criteria.", values=("price", "quality_and_price", "cost")
        ),
        Column("criteria_length", "integer", "Length of the conditions of entry, in characters."),
        Column("document_price", "money", "Price of the tender documents, in the same currency."),
        Column(
            "call_changes",
            "integer",
            "Number of times the call was changed.",
            known_on="deadline_on",
        ),
        Column("is_urgent", "boolean", "Whether urgency was invoked."),
        Column(
            "is_cancelled",
            "boolean",
            "Whether the lot was cancelled or failed.",
            known_on="award_on",
        ),
        Column("area_id", "string", "Place of performance.", references="areas.area_id"),
        Column(
            "bids_recorded", "integer", "Number of bids the publisher states.", known_on="award_on"
        ),
        SOURCE_ID,
    ),
)

BIDS = Table(
    name="bids",
    row="One row per bidder (a company or a consortium) and lot.",
    key=("tender_id", "lot_id", "company_id"),
    known_on=("submitted_on",),
    dated_by="tenders",
    parent_key=("tender_id", "lot_id"),
    columns=(
        Column("tender_id", "string", "The tender.", references="tenders.tender_id"),
        Column("lot_id", "string", "The lot."),
        Column("company_id", "string", "The bidder.", references="companies.company_id"),
        Column("amount", "money", "Amount of the bid."),
        Column("currency", "string", "ISO 4217 code of the amount."),
        Column("submitted_on", "date", "Day of submission, in the zone that the source states."),
        Column(
            "is_late",
            "boolean",
            "Whether it came after the deadline by the clock; needed where days cannot tell.",
        ),
        Column(
            "status",
            "string",
            "State of the bid.",
            values=("valid", "disqualified", "withdrawn", "unknown"),
        ),
        Column(
            "is_winner",
            "boolean",
            "Whether the bid won the lot.",
            known_on="tenders.award_on",
        ),
        SOURCE_ID,
    ),
)

CONTRACTS = Table(
    name="contracts",
    row="One row per contract, lot and supplier.",
    key=("contract_id", "lot_id", "supplier_id"),
    known_on=("signed_on",),
    dated_by="tenders",
    parent_key=("tender_id", "lot_id"),
    order=(("signed_on", "end_on"), ("start_on", "end_on")),
    columns=(
        Column("contract_id", "string", "Identifier of the contract."),
        Column("lot_id", "string", "The lot; '1' when the tender has none."),
        Column(
            "supplier_id", "string", "Company or consortium.", references="companies.company_id"
        ),
        Column("tender_id", "string", "The tender.", references="tenders.tender_id"),
        Column("buyer_id", "string", "Contracting authority.", True, references="buyers.buyer_id"),
        Column("signed_on", "date", "Day of signature."),
        Column("value", "money", "Value at signature."),
        Column("currency", "string", "ISO 4217 code of the values."),
        Column("subcontracted_share", "share", "Share to be passed on to others, as signed."),
        Column("start_on", "date", "First day of performance."),
        Column("end_on", "date", "Last day of performance as signed."),
        Column(
            "final_end_on",
            "date",
            "Last day of performance after changes.",
            known_on="final_end_on",
        ),
        Column(
            "final_value", "money", "Value after additions and reductions.", known_on="final_end_on"
        ),
        Column("amendments", "integer", "Number of amendments.", known_on="final_end_on"),
        SOURCE_ID,
    ),
)

SUBCONTRACTS = Table(
    name="subcontracts",
    row="One row per contract, lot, supplier and subcontractor.",
    key=("contract_id", "lot_id", "supplier_id", "subcontractor_id"),
    known_on=("signed_on",),
    dated_by="contracts",
    parent_key=("contract_id", "lot_id", "supplier_id"),
    columns=(
        Column("contract_id", "string", "The contract.", references="contracts.contract_id"),
        Column("lot_id", "string", "The lot; '1' when the tender has none."),
        Column(
            "supplier_id",
            "string",
            "Company or consortium that passes work on.",
            references="companies.company_id",
        ),
        Column(
            "subcontractor_id",
            "string",
            "Company that the work is passed on to.",
            references="companies.company_id",
        ),
        Column("signed_on", "date", "Day of the subcontract or of its approval."),
        Column("value", "money", "Value of the subcontract."),
        Column("currency", "string", "ISO 4217 code of the value."),
        SOURCE_ID,
    ),
)

CONSORTIA = Table(
    name="consortia",
    row="One row per consortium and member company.",
    key=("consortium_id", "company_id"),
    columns=(
        Column("consortium_id", "string", "The consortium.", references="companies.company_id"),
        Column("company_id", "string", "A member.", references="companies.company_id"),
        SOURCE_ID,
    ),
)
