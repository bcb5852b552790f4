"""Comparison of results, and sweeps over settings. Qt-free."""
