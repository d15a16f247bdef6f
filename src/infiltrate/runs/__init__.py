"""Plan, execute and record the runs of a study."""
