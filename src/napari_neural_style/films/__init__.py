"""Films in files: read frame by frame, painted into pieces, and joined with their sound."""
