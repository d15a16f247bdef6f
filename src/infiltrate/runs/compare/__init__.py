"""Two runs held against each other: what moved, by how much, and what made it move."""
