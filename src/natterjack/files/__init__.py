"""Files: their bytes on the disk, and what HTTP says of them. Whose they are, and who may have them, knows the core."""
