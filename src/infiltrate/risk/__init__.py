"""Ranking of companies by how likely a list is to name them next; a rank is not a count."""
