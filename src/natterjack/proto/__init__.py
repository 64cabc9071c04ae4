"""What both ends know of IRC: numerics, capabilities, modes, names, limits. Pure tables and functions."""
