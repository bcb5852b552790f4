"""Neural style transfer for napari."""
