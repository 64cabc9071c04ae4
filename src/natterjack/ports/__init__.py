"""The vocabulary between the pure core and the shell: events in, effects out. Values only."""
