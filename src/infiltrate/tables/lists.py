"""Entries of the lists of known firms; each list keeps its own rows."""

from infiltrate.tables.definition import SOURCE_ID, Column, Table

LIST_OUTCOMES = ("active", "annulled", "expired", "confirmed", "favourable")

_MEASURE = (
    Column("listed_on", "date", "Day of the measure."),
    Column(
        "conduct_from",
        "date",
        "Day from which the measure says that the company was infiltrated, where it says so.",
    ),
    Column("removed_on", "date", "Day it ended or was lifted.", known_on="removed_on"),
    Column(
        "outcome",
        "string",
        "What became of the measure; an annulled one is never a positive.",
        values=LIST_OUTCOMES,
    ),
    Column("reason", "string", "Ground of the measure in the publisher's own words."),
)

LIST_ENTRIES = Table(
    name="list_entries",
    row="One row per company, list and measure.",
    key=("list_id", "entry_id", "company_id"),
    known_on=("listed_on",),
    order=(("listed_on", "removed_on"), ("conduct_from", "listed_on")),
    columns=(
        Column("list_id", "string", "Id of the list in the parameters."),
        Column("entry_id", "string", "Identifier of the measure inside the list."),
        Column("company_id", "string", "The company listed.", references="companies.company_id"),
        *_MEASURE,
        Column(
            "match_probability", "share", "Probability that the entry is this company; 1 if exact."
        ),
        SOURCE_ID,
    ),
)

LIST_MENTIONS = Table(
    name="list_mentions",
    row="One row per company that an entry of a list names in words, with or without a number.",
    key=("list_id", "entry_id", "mention_id"),
    known_on=("listed_on",),
    order=(("listed_on", "removed_on"), ("conduct_from", "listed_on")),
    columns=(
        Column("list_id", "string", "Id of the list in the parameters."),
        Column("entry_id", "string", "Identifier of the measure inside the list."),
        Column("mention_id", "string", "Which company of the entry; 1 where it names one."),
        Column("stated_id", "string", "SCHEME:LOCALID that the list gives, right or wrong."),
        Column("name", "string", "Name as the list writes it."),
        Column("address", "string", "Address as the list writes it."),
        Column("area_id", "string", "Area that the list gives.", references="areas.area_id"),
        Column("sector_id", "string", "Activity that the list gives."),
        *_MEASURE,
        SOURCE_ID,
    ),
)
