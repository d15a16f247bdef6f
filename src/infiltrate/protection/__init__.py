"""Which numbers of a table may be shown: rounding, small cells, dominance, what can be derived."""
