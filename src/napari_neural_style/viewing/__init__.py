"""What a viewer shows, as arrays, and where results belong in it. Qt-free."""
