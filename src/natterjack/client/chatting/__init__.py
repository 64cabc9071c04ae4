"""What every front end for people needs between keyboard, connection and view: commands, logins, coming back, words."""
