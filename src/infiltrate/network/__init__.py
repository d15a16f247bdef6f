"""Ties between companies, distance to listed ones along them, and tests of contagion."""
