"""Records without a sure number, matched to the companies of the register."""
