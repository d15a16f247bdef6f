"""Time and memory against other tools, side by side on one machine."""
