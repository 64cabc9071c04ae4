"""backup, restore, export, import: the commands, and the console's verbs."""
