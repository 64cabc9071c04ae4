"""Files moved by other people's programs; see ``__main__.py``."""
