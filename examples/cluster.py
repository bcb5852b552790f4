"""Many pictures on a dask cluster of two workers, each with an engine of its own."""

import os

from distributed import Client, LocalCluster
from PIL import Image

from napari_neural_style import stylize_many
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))


def main() -> None:
    """Paint four photos; the workers are processes, so this must not run as they import it."""
    photo = load("rocket")
    photos = [photo, photo[::-1], photo[:, ::-1], photo[::-1, ::-1]]  # or a folder, or files
    options = {"features": "builtin", "size": SIZE, "steps": STEPS}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        for item in stylize_many(photos, load("pointillism"), client=client, **options):
            print(f"photo {item.index}: {item.error or 'done'} after {item.seconds:.1f} s")
            if item.image is not None:
                Image.fromarray(item.image).save(f"cluster_{item.index}.png")


if __name__ == "__main__":
    main()
