"""Rows of every type as llama-quantize writes them.

    pip install gguf numpy    (versions: madeBy in quantize.json)
    python test/oracle/convert/make-quantize.py FOLDER_OF_LLAMA_CPP test/oracle/convert/quantize.json

A model of one layer is quantised with --pure to each type; kept are the eight rows that matter:
normal values, some large; zeros; one sign; one value. MXFP4 is the reference of the package gguf.
"""

import base64
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import quantize

WIDTH, ROWS, VOCABULARY = 256, 8, 32
TYPES = [
    *["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K"],
    *["Q6_K", "IQ4_NL", "IQ4_XS"],
]
NAMES = {"Q3_K": "Q3_K_S", "Q4_K": "Q4_K_S", "Q5_K": "Q5_K_S"}


def rows():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((WIDTH, WIDTH)) * 0.05
    values = np.where(rng.random(values.shape) < 0.02, values * 9, values).astype(np.float32)
    values[1, :] = 0
    values[2, 40:] = 0
    values[3], values[4], values[5] = abs(values[3]), -abs(values[4]), 0.25
    values[6, 100:140] *= np.float32(1e-20)
    return values


def write_model(path, values):
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(8)
    writer.add_head_count_kv(8)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(32)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tensor("token_embd.weight", values[:VOCABULARY])
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(WIDTH, np.float32))
    parts = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
    for name in parts:
        writer.add_tensor(f"blk.0.{name}.weight", values)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", values[:VOCABULARY])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(programs, out):
    values = rows()
    encode = lambda array: base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.gguf", Path(folder) / "target.gguf"
        write_model(source, values)
        for name in TYPES:
            kind = NAMES.get(name, name)
            program = str(Path(programs) / "llama-quantize")
            command = [program, "--pure", str(source), str(target), kind, "1"]
            subprocess.run(command, check=True, capture_output=True)
            tensors = {tensor.name: tensor for tensor in GGUFReader(target).tensors}
            tensor = tensors["blk.0.ffn_up.weight"]
            assert tensor.tensor_type.name == name, tensor.tensor_type
            result[name] = encode(tensor.data[:ROWS])
    result["MXFP4"] = encode(quantize(values[:ROWS], GGMLQuantizationType.MXFP4))
    made_by = {each: version(each) for each in ("gguf", "numpy")}
    made_by["llama-quantize"] = "of llama-cpp-python 0.3.36"
    text = {"madeBy": made_by, "values": encode(values[:ROWS]), "types": result}
    Path(out).write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
