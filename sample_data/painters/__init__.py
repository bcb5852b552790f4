"""Seeded painters that make the sample pictures, one picture per module."""
