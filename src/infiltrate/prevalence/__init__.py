"""How many firms are listed, how many are infiltrated at least, and what cannot be said."""
