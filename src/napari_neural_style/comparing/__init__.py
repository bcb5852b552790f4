"""Results beside one another: history, comparison, sweeps. Qt-free."""
