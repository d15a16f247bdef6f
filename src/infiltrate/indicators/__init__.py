"""Red flags: one SQL file per indicator, three states, base rates and coverage."""
