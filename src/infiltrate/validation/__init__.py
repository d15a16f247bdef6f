"""Estimates held against the truth of many synthetic countries."""
