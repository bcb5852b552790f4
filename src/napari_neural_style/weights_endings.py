"""Which files can hold weights, for whoever reads them and whoever asks for one."""

__all__ = ["WEIGHTS_ENDINGS"]

#: What the names of the files that `napari_neural_style.engine.weight_files` can read end in.
WEIGHTS_ENDINGS = (".h5", ".hdf5", ".keras", ".npz", ".safetensors")
