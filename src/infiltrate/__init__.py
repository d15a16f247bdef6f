"""Estimate how far organised crime has infiltrated the legal sectors of a country."""

__version__ = "0.1.0"
