"""The examples of docs/formats/numerics.md, sections 19 and 20, as they are printed there.

    python test/oracle/numerics/make-examples.py
"""

import struct

import numpy as np
from contract import (
    FILE_BLOCK,
    embedding,
    f32,
    form_of,
    product,
    rope_row,
    unpack,
)
from decoder import Decoder

hex32 = lambda x: struct.pack(">f", float(x)).hex()


def rope() -> None:
    R, divisors = 32, [1 + i / 4 for i in range(16)]
    common = {"general.architecture": "llama", "llama.context_length": 64}
    scalings = {
        "none": {},
        "llama3": {},
        "linear": {"factor": 4.0},
        "yarn": {"factor": 4.0, "original_context_length": 32},
        "longrope": {"attn_factor": 1.25, "original_context_length": 32},
    }
    for name, keys in scalings.items():
        model = Decoder.__new__(Decoder)
        kind = "none" if name == "llama3" else name
        model.metadata = common | {"llama.rope.scaling.type": kind}
        model.metadata |= {f"llama.rope.scaling.{key}": value for key, value in keys.items()}
        model.architecture, model.base, model.R = "llama", 500.0, R
        tensor = lambda values: type("T", (), {"data": np.array(values, "<f4").tobytes()})
        model.tensors = {"rope_factors_long.weight": tensor(divisors)}
        if name == "llama3":
            model.tensors["rope_freqs.weight"] = tensor([8] * 16)
        frequency, amplitude = model.scaled_frequencies()
        row = rope_row(frequency, 7, amplitude)
        for i in (0, 3, 15):
            print(name, i, hex32(row[2 * i]), hex32(row[2 * i + 1]))


# Offsets of d, and of m or dmin.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0],
    "MXFP4": [], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2],
    "Q6_K": [208], "IQ4_XS": [0],
}  # fmt: skip


def blocks() -> None:
    for kind, (every, size) in FILE_BLOCK.items():
        data = bytearray((37 * i + 11) % 256 for i in range(size))
        for at, half in zip(HALVES[kind], (0x2A66, 0x2E66)):
            data[at : at + 2] = struct.pack("<H", half)
        x = np.tile(((np.arange(32) - 15) / 10).astype(f32), every // 32)
        w = unpack(kind, bytes(data), 1, every)
        forms = dict.fromkeys((form_of(kind, False), form_of(kind, True)))
        products = [f"{form[3:]}:{hex32(product(w, x, form)[0])}" for form in forms]
        values = embedding(w, 0)
        print(kind, *products, *(f"v{k}:{hex32(values[k])}" for k in (1, 31)))


rope()
blocks()
