"""Weights that no CPU's 16-bit sums can overflow on, and the order of the first operators."""

import numpy as np
import onnx
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
from cxr_edge import Classifier, list_models
from cxr_edge_export.graph import to_onnx
from cxr_edge_export.parity import answers
from cxr_edge_export.quantize import MOST_PER_PAIR, Quantization, overflowing, quantize, safe_scales
from tiny_training import tiny_network


def codes(weight, depthwise=False):
    """What the quantizer makes of `weight`."""
    scales = safe_scales(weight, depthwise)
    return np.abs(np.rint(weight / scales[:, None, None, None])).reshape(len(weight), -1)


@pytest.mark.parametrize("channels", [2, 7, 64])
def test_no_pair_of_a_pointwise_convolution_overflows(channels):
    size = codes(np.random.default_rng(channels).normal(size=(50, channels, 1, 1)))
    size = np.pad(size, ((0, 0), (0, channels % 2)))
    pairs = size[:, ::2] + size[:, 1::2]
    assert MOST_PER_PAIR - 2 <= pairs.max() <= MOST_PER_PAIR  # all that is safe is used
    assert size.max() <= 127


def test_no_two_weights_of_a_dense_convolution_overflow():
    size = np.sort(codes(np.random.default_rng(0).normal(size=(50, 8, 3, 3))), axis=1)
    assert size[:, -2:].sum(axis=1).max() <= MOST_PER_PAIR


def test_depthwise_convolutions_use_all_eight_bits():
    assert (codes(np.random.default_rng(0).normal(size=(50, 1, 3, 3)), depthwise=True).max(axis=1) == 127).all()


def test_a_channel_of_zeros_has_a_scale():
    assert (safe_scales(np.zeros((2, 4, 1, 1)), False) > 0).all()


def assert_answers_as(exported, model, size, **tolerance):
    films = np.random.default_rng(0).integers(0, 256, (4, *size, 1)).astype(np.uint8)
    (logits,) = answers(exported.SerializeToString(), films, "logit")
    assert logits == pytest.approx(model.predict(films, verbose=0)[:, 0], **tolerance)


def test_the_film_is_reshaped_before_it_is_scaled():
    model = tiny_network((32, 32))
    exported = to_onnx(model, 1.0)
    assert [node.op_type for node in exported.graph.node][:2] == ["Reshape", "Cast"]
    onnx.checker.check_model(exported, full_check=True)
    assert_answers_as(exported, model, (32, 32), abs=1e-4)


def test_constants_of_the_network_are_part_of_the_file():
    keras.utils.set_random_seed(0)
    film = keras.Input((16, 16, 1), name="film")
    colour = keras.applications.vgg19.preprocess_input(keras.layers.Concatenate()([film, film, film]))
    maps = keras.layers.Conv2D(4, 3, activation="relu")(colour)
    model = keras.Model(film, keras.layers.Dense(1, name="logit")(keras.layers.Flatten()(maps)))
    exported = to_onnx(model, 1.0)
    assert [value.name for value in exported.graph.input] == ["film"]
    assert_answers_as(exported, model, (16, 16), rel=1e-4)


def test_weights_alone_are_kept_in_8_bits_but_for_depthwise_ones():
    keras.utils.set_random_seed(0)
    film = keras.Input((32, 32, 1), name="film")
    x = keras.layers.Conv2D(32, 3, strides=2)(keras.layers.Rescaling(1 / 255)(film))
    x = keras.layers.Conv2D(48, 1)(keras.layers.DepthwiseConv2D(5, activation="relu")(x))
    model = keras.Model(film, keras.layers.Dense(1, name="logit")(keras.layers.Flatten()(x)))
    fp32 = to_onnx(model, 1.0)
    int8 = quantize(fp32, np.empty(0, np.uint8), Quantization(weights_only=True))
    shapes = {
        dtype: sorted(tuple(t.dims) for t in int8.graph.initializer if t.data_type == dtype and np.prod(t.dims) >= 256)
        for dtype in (onnx.TensorProto.INT8, onnx.TensorProto.FLOAT)
    }
    assert shapes[onnx.TensorProto.FLOAT] == [(32, 1, 5, 5)]
    assert {(32, 1, 3, 3), (48, 32, 1, 1)} < set(shapes[onnx.TensorProto.INT8])
    assert int8.ByteSize() < 0.5 * fp32.ByteSize()
    films = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1)).astype(np.uint8)
    before, after = (answers(file.SerializeToString(), films, "probability")[0] for file in (fp32, int8))
    assert 0 < np.abs(after - before).max() < 0.01


@pytest.mark.parametrize("model", list_models(), ids=lambda model: model.name)
def test_no_bundled_file_overflows_and_a_saturating_one_is_noticed(model):
    file = onnx.load(model.path)
    assert overflowing(file) == []
    if Classifier.load(model.name).card.quantization["method"] != "static":
        return  # computes in float
    weights = {node.input[0] for node in file.graph.node if node.op_type == "DequantizeLinear"}
    for tensor in file.graph.initializer:
        if tensor.name in weights and len(tensor.dims) == 4 and tensor.dims[1] > 1:
            codes = onnx.numpy_helper.to_array(tensor).copy()
            codes[0, :2, 0, 0] = 127
            tensor.CopyFrom(onnx.numpy_helper.from_array(codes, tensor.name))
            break
    assert len(overflowing(file)) == 1
