"""Areas, what is measured of them each year, and sectors."""

from infiltrate.tables.definition import SOURCE_ID, Column, Table

AREAS = Table(
    name="areas",
    row="One row per area of the country.",
    key=("area_id",),
    columns=(
        Column("area_id", "string", "Code of the area; 'NA' is a code, not a missing value."),
        Column("name", "string", "Name of the area."),
        Column("level", "integer", "0 country, 1 to 3 downwards."),
        Column("parent_id", "string", "The area it lies in.", references="areas.area_id"),
        Column("population", "integer", "Inhabitants."),
        SOURCE_ID,
    ),
)

AREA_YEARS = Table(
    name="area_years",
    row="One row per area, year and measure.",
    key=("area_id", "year", "measure"),
    columns=(
        Column("area_id", "string", "The area.", references="areas.area_id"),
        Column("year", "integer", "Calendar year."),
        Column("measure", "string", "Name of the quantity, unit included."),
        Column("value", "number", "Its value."),
        SOURCE_ID,
    ),
)

SECTORS = Table(
    name="sectors",
    row="One row per sector of activity.",
    key=("sector_id",),
    columns=(
        Column("sector_id", "string", "SCHEME:CODE, for example ISIC4:4100."),
        Column("name", "string", "Name of the sector."),
        Column("section", "string", "NACE Rev. 2 or ISIC Rev. 4 section letter."),
        SOURCE_ID,
    ),
)
