"""Everything a reviewer sees: figures, tables, run card, disclosure control, pages and the site."""
