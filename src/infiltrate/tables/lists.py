"""Entries of the lists of known firms; each list keeps its own rows."""

from infiltrate.tables.definition import SOURCE_ID, Column, Table

LIST_ENTRIES = Table(
    name="list_entries",
    row="One row per company, list and measure.",
    key=("list_id", "entry_id", "company_id"),
    known_on=("listed_on",),
    order=(("listed_on", "removed_on"),),
    columns=(
        Column("list_id", "string", "Id of the list in the parameters."),
        Column("entry_id", "string", "Identifier of the measure inside the list."),
        Column("company_id", "string", "The company listed.", references="companies.company_id"),
        Column("listed_on", "date", "Day of the measure."),
        Column("removed_on", "date", "Day it ended or was lifted.", known_on="removed_on"),
        Column(
            "outcome",
            "string",
            "What became of the measure; an annulled one is never a positive.",
            values=("active", "annulled", "expired", "confirmed", "favourable"),
        ),
        Column("reason", "string", "Ground of the measure in the publisher's own words."),
        Column(
            "match_probability", "share", "Probability that the entry is this company; 1 if exact."
        ),
        SOURCE_ID,
    ),
)
