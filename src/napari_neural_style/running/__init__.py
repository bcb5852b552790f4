"""Runs in a viewer, one after the other, and what is said of them. Qt-free."""
