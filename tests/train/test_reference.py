"""The ten published networks: their sizes, their protocols, their figures, and their faults."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
from cxr_edge import CxrEdgeError
from cxr_edge.cli.main import main
from cxr_edge_tools import reference_page
from cxr_edge_train.data.films import read_labelled
from cxr_edge_train.data.pixels import load_pixels
from cxr_edge_train.learning.run_folder import read_scores
from cxr_edge_train.learning.trainer import train
from cxr_edge_train.reference import bfloat16, faults, published_networks, registry
from cxr_edge_train.reference.collect import collect
from cxr_edge_train.reference.frozen_features import kept_features, split_at_base
from cxr_edge_train.reference.input_sizes import SERIES_B
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.reference_recipe import reference_recipe
from cxr_edge_train.reference.reference_training import ReferenceTraining
from cxr_edge_train.reference.registry import REFERENCE
from tiny_training import tiny_network


def train_published(key, protocol, data, run):
    train(ReferenceTraining(reference_recipe(key, protocol)), data, run)


@pytest.fixture
def random_bases(monkeypatch):
    """Networks of ImageNet without its weights, which need a download."""

    def frozen(build, shape, file):
        base = build(input_shape=shape, include_top=False, weights=None)
        base.trainable = False
        return base

    monkeypatch.setattr(published_networks, "_frozen", frozen)


@pytest.mark.parametrize("model", REFERENCE.values(), ids=lambda model: model.key)
def test_parameter_counts_are_the_published_ones(model, random_bases):
    network = model.build()
    trainable = sum(int(np.prod(v.shape)) for v in network.trainable_weights)
    if model.key == "a5_vgg19":  # published of the frozen part alone
        assert published_networks.frozen_base(network).count_params() == model.parameters
        assert network.count_params() - model.parameters == trainable
    else:
        assert (network.count_params(), trainable) == (model.parameters, model.trainable)
    assert network.name == model.key
    assert network.input_shape == (None, *model.size, 1)
    assert network.output_shape == (None, 1)


def test_augmentation_works_in_training_only(random_bases):
    network = REFERENCE["b4_mobilenetv2_augmented"].build()
    films = np.random.default_rng(0).integers(0, 256, (1, *SERIES_B, 1)).astype(np.uint8)
    assert np.array_equal(network(films, training=False), network(films, training=False))
    assert not np.array_equal(network(films, training=True), network(films, training=True))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_protocols_use_every_film_once(protocol, drawn_films):
    parts = PROTOCOLS[protocol](drawn_films, 42)
    everything = [film.path for part in ("train", "test") for film in read_labelled(drawn_films / part)]
    assert sorted(film.path for films in parts.values() for film in films) == sorted(everything)
    again = PROTOCOLS[protocol](drawn_films, 42)
    assert parts == again
    assert {film.label for film in parts["validation"]} == {0, 1}


def test_only_the_pooled_protocol_splits_patients(data):
    shared = {}
    for name, divide in PROTOCOLS.items():
        patients = {part: {film.patient for film in films} for part, films in divide(data / "chest_xray", 42).items()}
        shared[name] = len(patients["test"] & (patients["train"] | patients["validation"]))
    assert shared["published"] == shared["pooled-grouped"] == 0
    assert shared["pooled"] > 100


def small_model(augmented=False):
    network = tiny_network((32, 32))
    if not augmented:
        return network
    film = keras.Input((32, 32, 1))
    return keras.Model(film, network(keras.layers.RandomRotation(0.3)(film)))


@pytest.fixture
def small(monkeypatch):
    """A reference model that trains in seconds."""
    model = replace(REFERENCE["a1_baseline"], build=small_model, size=(32, 32), epochs=3, batch=8, learning_rate=1e-2)
    monkeypatch.setitem(registry.REFERENCE, "a1_baseline", model)
    return model


def test_a_run_goes_on_where_it_was_stopped_and_keeps_its_best_epoch(small, drawn_films, tmp_path, monkeypatch, capsys):
    run = tmp_path / "a1_baseline"

    class Stop(Exception):
        pass

    def stop(self, epoch, logs=None):
        if epoch == 1:
            raise Stop

    monkeypatch.setattr(keras.callbacks.CSVLogger, "on_epoch_begin", stop, raising=False)
    with pytest.raises(Stop):
        train_published("a1_baseline", "pooled", drawn_films, run)
    monkeypatch.undo()
    monkeypatch.setitem(registry.REFERENCE, "a1_baseline", small)
    train_published("a1_baseline", "pooled", drawn_films, run)
    history = [line.split(",") for line in (run / "history.csv").read_text().splitlines()]
    assert [row[0] for row in history[1:]] == ["0", "1", "2"]
    recipe = json.loads((run / "recipe.json").read_text())["run"]["recipe"]
    assert (recipe["epochs_published"], recipe["epochs_run"], recipe["protocol"]) == (3, 3, "pooled")
    with pytest.raises(CxrEdgeError, match="another recipe"):
        train_published("a1_baseline", "published", drawn_films, run)

    losses = [float(row[history[0].index("val_loss")]) for row in history[1:]]
    _, y, z = read_scores(run)["validation"]
    loss = float(np.mean(np.logaddexp(0, z) - y * z))
    assert loss == pytest.approx(min(losses), abs=1e-3)


def test_products_in_bfloat16_are_recorded_and_end_with_the_training(small, drawn_films, tmp_path):
    if not bfloat16.in_this_cpu():
        pytest.skip("needs a CPU that multiplies in bfloat16")
    run = tmp_path / "pooled" / "a1_baseline"
    command = ["train", "--data", str(drawn_films), "--model", "a1_baseline", "--protocol", "pooled", "--bfloat16"]
    assert main([*command, "--run", str(run)]) == 0
    (model,) = collect(tmp_path)["models"]
    assert model["math"] == "bfloat16"
    (tmp_path / "first-epoch").mkdir()
    run.rename(tmp_path / "first-epoch" / "a1")
    record = collect(tmp_path)
    assert record["models"] == []
    (first,) = record["first_epochs"]
    assert (first["model"], first["seed"], first["products"]) == ("a1_baseline", 42, "bfloat16")
    assert f"| a1_baseline | pooled | 42 | – | {first['val_loss']:.3f} |" in reference_page.page(record)

    film = np.random.default_rng(0).random((4, 32, 32, 16), dtype=np.float32)
    kernel = np.random.default_rng(1).random((3, 3, 16, 32), dtype=np.float32)

    def product():
        return tf.function(lambda x: tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")))(film).numpy()

    exact = product()
    with bfloat16.bfloat16_products():
        coarse = product()
    assert 1e-4 < np.abs(coarse / exact - 1).max() < 1e-2
    assert np.array_equal(product(), exact)


def test_a_cpu_without_bfloat16_is_not_asked_for_it(small, drawn_films, tmp_path, monkeypatch, capsys):
    (tmp_path / "cpuinfo").write_text("flags : fpu avx2 fma\n")
    monkeypatch.setattr(bfloat16, "_CPU", tmp_path / "cpuinfo")
    command = ["train", "--data", str(drawn_films), "--run", str(tmp_path / "x"), "--model", "a1_baseline"]
    assert main([*command, "--bfloat16"]) == 2
    assert "expected one, or no --bfloat16" in capsys.readouterr().err


def test_unknown_models_and_protocols_are_named(drawn_films, tmp_path, capsys):
    for options in (["--model", "a9"], ["--model", "a1_baseline", "--protocol", "none"]):
        assert main(["train", "--data", str(drawn_films), "--run", str(tmp_path / "x"), *options]) == 2
        assert "expected one of" in capsys.readouterr().err


def test_kept_features_give_what_the_whole_network_gives(random_bases, drawn_films, tmp_path):
    keras.utils.set_random_seed(0)
    network = REFERENCE["b5_mobilenetv2"].build()
    films = read_labelled(drawn_films / "test")[:3]
    frozen, behind = split_at_base(network)
    features = kept_features(frozen, films, copy=0, seed=0, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    pixels = np.stack([load_pixels([film], SERIES_B, "")[0] for film in films])
    assert behind.predict(features.astype(np.float32), verbose=0) == pytest.approx(
        network.predict(pixels, verbose=0), abs=1e-2
    )
    (tmp_path / f"{films[0].sha256}-0.npy").unlink()
    assert np.array_equal(kept_features(frozen, films, copy=0, seed=0, folder=tmp_path), features)


def test_the_page_is_made_of_the_record():
    record = json.loads(reference_page.RECORD.read_text(encoding="utf-8"))
    assert reference_page.PAGE.read_text(encoding="utf-8") == reference_page.page(record)


def test_a_run_becomes_a_record_and_a_page(small, drawn_films, tmp_path, monkeypatch):
    pytest.importorskip("tf2onnx")
    from cxr_edge_export import release
    from cxr_edge_export.steps import quantization_choice

    monkeypatch.setattr(quantization_choice, "SLOWEST", float("inf"))
    run = tmp_path / "published/a1_baseline"
    train_published("a1_baseline", "published", drawn_films, run)
    (unexported,) = reference_page.collect(tmp_path)["models"]
    assert unexported["files"] is None
    exported = release.export(run, drawn_films, None, "1")
    record = reference_page.collect(tmp_path)
    (model,) = record["models"]
    assert (model["model"], model["protocol"], model["epochs_run"]) == ("a1_baseline", "published", 3)
    for precision, done in exported.items():
        file = model["files"][precision]
        assert file["changes"]["auc"] == pytest.approx(file["parity"]["test"]["auc_difference"], abs=1e-6)
        figures = (
            done.measured.metrics["test"].to_dict()["accuracy"]["value"],
            model["metrics"]["test"]["accuracy"]["value"],
        )
        assert file["changes"]["accuracy"]["value"] == pytest.approx(figures[0] - figures[1])
    text = reference_page.page(record)
    assert "| a1_baseline | 3 / 3 |" in text
    assert "| a1_baseline | int8 |" in text


def test_faults_are_shown_and_mended(small, drawn_films, tmp_path, monkeypatch, capsys):
    b1 = replace(REFERENCE["b1_small_cnn"], build=small_model, size=(32, 32), epochs=6, batch=8, learning_rate=3e-2)
    a4 = replace(b1, key="a4_augmented", build=lambda: small_model(augmented=True), keep_best=True)
    for key, model in (("b1_small_cnn", b1), ("a4_augmented", a4), ("a1_baseline", small)):
        monkeypatch.setitem(registry.REFERENCE, key, model)
    run = tmp_path / "b1_small_cnn"
    train_published("b1_small_cnn", "published", drawn_films, run)
    shown = faults.reshuffled_labels(run)
    assert shown["right"]["accuracy"]["value"] > 0.9
    assert shown["labels reshuffled"]["accuracy"]["high"] < 0.9
    assert shown["labels reshuffled"]["accuracy"]["mean"] == pytest.approx(0.5, abs=0.1)

    train_published("a4_augmented", "published", drawn_films, tmp_path / "a4_augmented")
    spread = faults.augmentation_left_on(tmp_path / "a4_augmented", read_labelled(drawn_films / "test"))
    assert spread["mean standard deviation of the probability"] > 0.001

    filters = faults.other_filters(run, drawn_films / "test")
    assert filters["nearest"]["max |Δp|"] > 0
    assert {"logit 0.5", "probability 0.5"} == set(faults.threshold_on_logits(run))


def test_antialiasing_changes_nothing_where_films_are_enlarged():
    """Series A did not antialias; its input of 240 pixels enlarges the 224 pixels that films have here."""
    pixels = np.random.default_rng(0).integers(0, 256, (224, 224), np.uint8)
    ours = np.asarray(Image.fromarray(pixels).resize((240, 240), Image.Resampling.BILINEAR), np.float32)
    keras = pytest.importorskip("keras")
    theirs = keras.ops.convert_to_numpy(keras.ops.image.resize(pixels[..., None].astype(np.float32), (240, 240)))
    assert np.abs(ours - theirs[..., 0]).max() < 1.01  # one is rounded
