"""Keras model → fp32 ONNX with the graph contract: ``film`` in; ``probability``, ``logit`` and more out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import onnx
import tensorflow as tf
import tf2onnx
from onnxruntime.quantization.shape_inference import quant_pre_process

from cxr_edge.session import OUTPUTS, VIEW
from cxr_edge_export.linear_end import linear_end
from cxr_edge_export.lung_end import lung_end
from cxr_edge_export.view_output import ViewProbe, middle_maps

OPSET = 18  # the highest that tf2onnx 1.17 writes
LINEAR_END = "linear_end"  # how names of nodes of the linear end begin; those of the output ``view`` begin with VIEW


def to_onnx(model: keras.Model, temperature: float, probe: ViewProbe | None = None) -> onnx.ModelProto:
    """Convert, fold BatchNorm, and name inputs and outputs.

    Args:
        model: takes grey films [N, H, W, 1], ends in a dense layer of one logit or in lung pooling.
        temperature: probability = sigmoid(logit / temperature).
        probe: what decides how upright a film looks; without it that output is left out.

    Returns:
        Input ``film`` uint8 [N, H, W, 1]. Outputs ``probability`` and ``logit`` float32 [N], and, where the network
        allows it, ``heatmap`` float32 [N, h, w]: the contribution of each place, whose sum plus the bias is the logit.
        A lung-pooled network also has ``lungs`` float32 [N, h, w], how much of each place is lung, 0…1.
        With `probe` also ``view`` float32 [N, K]: probabilities of the K kinds of `cxr_edge_export.not_upright.KINDS`.
    """
    function, names = contract(_dense_as_convolution(model), temperature, probe)
    converted, _ = tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=OPSET)
    _keep_constants(converted, function.get_concrete_function())
    with tempfile.TemporaryDirectory() as folder:
        raw, folded = Path(folder, "raw.onnx"), Path(folder, "folded.onnx")
        onnx.save(converted, raw)
        quant_pre_process(str(raw), str(folded), skip_symbolic_shape=True)
        graph = onnx.load(folded)
    _rename(graph, names)
    _reshape_first(graph.graph)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def _keep_constants(model: onnx.ModelProto, function: Any) -> None:
    """Put in the tensors that the Keras network holds beside its variables; the converter makes inputs of them.

    One of them is the mean that VGG's preprocessing takes off.
    """
    held = {inside.name: outside for outside, inside in function.graph.captures if outside.dtype != tf.resource}
    for value in list(model.graph.input):
        if value.name in held:
            model.graph.initializer.append(onnx.numpy_helper.from_array(held[value.name].numpy(), value.name))
            model.graph.input.remove(value)


def contract(model: keras.Model, temperature: float, probe: ViewProbe | None) -> tuple[Any, tuple[str, ...]]:
    """The contract as a ``tf.function`` of ``film``, and the names of its outputs in order.

    Where the network is lung-pooled, or linear from the last maps on, the logit is a sum over places: that sum is
    computed place by place, which costs nothing and makes the heatmap exact. Elsewhere there is no heatmap.
    """
    end = lung_end(model) or linear_end(model)
    features = middle_maps(model) if probe else keras.Model(model.inputs, end.maps)
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8, name="film")]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def function(film: tf.Tensor) -> tuple[tf.Tensor, ...]:
        maps = features(tf.cast(film, tf.float32), training=False)
        *middle, last = maps if probe else [maps]
        with tf.name_scope(LINEAR_END):
            logit, *places = end(last)
            outputs = (tf.sigmoid(logit * (1.0 / temperature)), logit, *places)
        if not probe:
            return outputs
        with tf.name_scope(VIEW):
            averaged = tf.concat([tf.reduce_mean(m, axis=(1, 2)) for m in middle], axis=1)  # (N, C)
            view = tf.nn.softmax(averaged @ probe.weights + probe.bias)  # (N, K)
        return (*outputs, view)

    return function, (*OUTPUTS, *end.names, *([VIEW] if probe else []))


def _dense_as_convolution(model: keras.Model) -> keras.Model:
    """The same function with every dense layer that works place by place written as a 1 × 1 convolution."""

    def by_place(layer: keras.Layer) -> bool:
        return isinstance(layer, keras.layers.Dense) and len(layer.input.shape) == 4

    def copy(layer: keras.Layer) -> keras.Layer:
        if not by_place(layer):
            return type(layer).from_config(layer.get_config())
        return keras.layers.Conv2D(layer.units, 1, activation=layer.activation, name=layer.name)

    if not any(map(by_place, model.layers)):
        return model
    changed = keras.models.clone_model(model, clone_function=copy)
    changed.set_weights([w.reshape(v.shape) for w, v in zip(model.get_weights(), changed.weights, strict=True)])
    return changed


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
