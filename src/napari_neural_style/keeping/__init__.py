"""What outlives a session: records, saved files, presets of the user's own. Qt-free."""
