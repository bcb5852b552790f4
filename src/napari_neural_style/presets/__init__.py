"""Presets: the catalogue, the user's own, the last settings and differences. Qt-free."""
