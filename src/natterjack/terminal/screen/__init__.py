"""The full-screen client on a terminal. Everything of prompt_toolkit that it uses is used in this package."""
