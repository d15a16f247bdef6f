"""Effects of infiltration and what drives it: panels, event studies, synthetic control, costs."""
