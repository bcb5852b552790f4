"""What was asked, as one value, and from it to jobs for the engine. Qt-free."""
