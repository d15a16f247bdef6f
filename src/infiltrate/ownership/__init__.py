"""Who owns and who controls a company, through how many others, and what of it is not known."""
