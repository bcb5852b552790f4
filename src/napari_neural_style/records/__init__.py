"""The record of a result, in layers and in files; files that are whole or not there. Qt-free."""
