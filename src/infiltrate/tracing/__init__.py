"""Who and what stands around a company, and the records that show it."""
