"""The runs and results of a viewer: its history, and what is saved of long runs. Qt-free."""
