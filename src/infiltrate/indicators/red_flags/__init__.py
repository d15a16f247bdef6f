"""Red flags of a file of contracting processes: the eleven of Cardinal, one SQL file each."""
