import numpy as np
from PIL import Image

from cxr_edge.store import SAMPLES as BUNDLED
from cxr_edge_train.data.phantom import SAMPLES, Phantom, draw


def test_the_bundled_samples_are_what_the_code_draws():
    assert sorted(path.name for path in BUNDLED.glob("*.png")) == sorted(SAMPLES)
    for name, phantom in SAMPLES.items():
        assert name.startswith("drawn_")
        bundled, drawn = np.asarray(Image.open(BUNDLED / name), int), np.asarray(draw(phantom), int)
        assert np.abs(bundled - drawn).mean() < 1  # fonts and rounding differ a little between versions


def test_an_opacity_whitens_the_lung_and_nothing_else():
    sick = SAMPLES["drawn_opacity_right_lower.png"]
    difference = np.asarray(draw(sick), int) - np.asarray(draw(Phantom(sick.seed)), int)
    assert difference[220:260, 110:130].mean() > 40
    assert abs(difference[:, 330:]).mean() < 5
