"""Keras model → fp32 ONNX with the graph contract: ``film`` in; ``probability``, ``logit`` and ``heatmap`` out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import onnx
import tensorflow as tf
import tf2onnx
from onnxruntime.quantization.shape_inference import quant_pre_process

from cxr_edge import CxrEdgeError
from cxr_edge_export.views import Views, with_middle

OPSET = 18  # the highest that tf2onnx 1.17 writes


def to_onnx(model: keras.Model, temperature: float, views: Views | None = None) -> onnx.ModelProto:
    """Convert, fold BatchNorm, and name inputs and outputs.

    Args:
        model: of the common shape of `cxr_edge_train.networks`.
        temperature: probability = sigmoid(logit / temperature).
        views: what decides how upright a film looks; without it that output is left out.

    Returns:
        Input ``film`` uint8 [N, H, W, 1]. Outputs ``probability`` and ``logit`` float32 [N], and ``heatmap``
        float32 [N, h, w]: the contribution of each place, whose sum plus the bias is the logit. With `views` also
        ``view`` float32 [N, K]: probabilities of the K kinds of `cxr_edge_export.unlike.KINDS`.
    """
    function, names = contract(model, temperature, views)
    converted, _ = tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=OPSET)
    with tempfile.TemporaryDirectory() as folder:
        raw, folded = Path(folder, "raw.onnx"), Path(folder, "folded.onnx")
        onnx.save(converted, raw)
        quant_pre_process(str(raw), str(folded), skip_symbolic_shape=True)
        graph = onnx.load(folded)
    _rename(graph, names)
    _reshape_first(graph.graph)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def contract(model: keras.Model, temperature: float, views: Views | None) -> tuple[Any, tuple[str, ...]]:
    """The contract as a ``tf.function`` of ``film``, and the names of its outputs in order.

    Average pooling and the last layer are linear, so the logit is a sum over places: that sum is computed
    place by place, which costs nothing and makes the heatmap exact.

    Raises:
        CxrEdgeError: the model does not end in global average pooling and a layer ``logit``.
    """
    pool = next((x for x in model.layers if isinstance(x, keras.layers.GlobalAveragePooling2D)), None)
    if pool is None or model.layers[-1].name != "logit":
        raise CxrEdgeError(f"{model.name}: found no global average pooling before a layer 'logit'; expected both")
    features: Any = keras.Model(model.inputs, pool.input) if views is None else with_middle(model)
    _, height, width, _ = pool.input.shape
    kernel, bias = model.layers[-1].get_weights()  # (C, 1), (1,)
    share = kernel[None, None] / (height * width)  # (1, 1, C, 1)
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8, name="film")]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def function(film: tf.Tensor) -> tuple[tf.Tensor, ...]:
        maps = features(tf.cast(film, tf.float32), training=False)
        places = maps if views is None else maps[-1]  # (N, h, w, C)
        heatmap = tf.nn.conv2d(places, share, strides=1, padding="VALID")[..., 0]  # (N, h, w)
        logit = tf.reduce_sum(heatmap, axis=(1, 2)) + bias[0]  # (N,)
        outputs = tf.sigmoid(logit * (1.0 / temperature)), logit, heatmap
        if views is None:
            return outputs
        middle = tf.concat([tf.reduce_mean(m, axis=(1, 2)) for m in maps[:-1]], axis=1)  # (N, C of the middle layers)
        view = tf.nn.softmax(middle @ views.weights + views.bias)  # (N, K)
        return (*outputs, view)

    return function, ("probability", "logit", "heatmap", *(() if views is None else ("view",)))


def _rename(model: onnx.ModelProto, names: tuple[str, ...]) -> None:
    """Give inputs and outputs the contract's names, and their first axis the name N."""
    graph = model.graph
    renamed = {graph.input[0].name: "film"}
    renamed |= {output.name: name for output, name in zip(graph.output, names, strict=True)}
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = renamed[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "N"


def _reshape_first(graph: onnx.GraphProto) -> None:
    """Turn film → Cast → elementwise … → Reshape into film → Reshape → Cast → elementwise …, the same function.

    ONNX Runtime's elementwise operators go along the last axis. As long as that is the one grey channel they take one
    number at a time: a tenth of the time of a small network.
    """
    users = {name: node for node in graph.node for name in node.input}
    first = users["film"]
    chain = [first]
    while chain[-1].op_type in ("Cast", "Mul", "Add"):
        chain.append(users[chain[-1].output[0]])
    *scaling, reshape = chain
    if reshape.op_type != "Reshape" or not scaling:
        return
    scaling[-1].output[0] = reshape.output[0]
    first.input[0] = "film_4d"
    moved = onnx.helper.make_node("Reshape", ["film", *reshape.input[1:]], ["film_4d"], name=reshape.name)
    graph.node.remove(reshape)
    graph.node.insert(0, moved)
    del graph.value_info[:]  # the shapes of what comes between have changed
