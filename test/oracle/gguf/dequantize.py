"""Expected values of src/engine/gguf/dequantize.ts, by the Python package gguf.

    pip install gguf==0.19.0 numpy
    python test/oracle/gguf/dequantize.py > test/oracle/gguf/dequantize.json

Random blocks from a fixed seed; the scales of the first blocks are extreme: zeros of both signs,
the smallest and largest subnormals, the largest halves, infinities, NaN. Every NaN in an answer is
written as 0x7fc00000. Answers are f32 bits in base64, little endian.
"""

import base64
import json
import sys
from importlib.metadata import version

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

SEED = 20251
# Blocks of a type, and where its f16 scales stand in a block.
TYPES = {
    "F32": (48, []),
    "F16": (96, [0]),
    "BF16": (96, []),
    "Q4_0": (24, [0]),
    "Q4_1": (24, [0, 2]),
    "Q5_0": (24, [0]),
    "Q5_1": (24, [0, 2]),
    "Q8_0": (24, [0]),
    "Q4_K": (14, [0, 2]),
    "Q5_K": (14, [0, 2]),
    "Q6_K": (14, [208]),
    "Q2_K": (14, [80, 82]),
    "Q3_K": (14, [108]),
    "IQ4_NL": (24, [0]),
    "IQ4_XS": (14, [0]),
    "MXFP4": (24, []),
}
EXTREME = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00]


def random_blocks(name: str, rng: np.random.Generator) -> np.ndarray:
    count, scales = TYPES[name]
    size = GGML_QUANT_SIZES[GGMLQuantizationType[name]][1]
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for n, at in enumerate(scales):
        for i in range(count):
            if i < len(EXTREME):
                # The second scale takes the extremes in another order, so that they mix.
                half = EXTREME[(i + 3 * n) % len(EXTREME)]
            else:
                half = int(np.float16(rng.normal() * 0.02).view(np.uint16))
            blocks[i, at] = half & 255
            blocks[i, at + 1] = half >> 8
    return blocks


def text(data: np.ndarray) -> str:
    return base64.b64encode(data.tobytes()).decode()


def main() -> None:
    rng = np.random.default_rng(SEED)
    cases = []
    for name in TYPES:
        blocks = random_blocks(name, rng)
        with np.errstate(all="ignore"):
            values = quants.dequantize(blocks, GGMLQuantizationType[name]).ravel()
        bits = np.where(np.isnan(values), np.uint32(0x7FC00000), values.view(np.uint32))
        cases.append({"type": name, "blocks": text(blocks), "expected": text(bits.astype("<u4"))})
    sizes = {t.name: [t.value, *GGML_QUANT_SIZES[t]] for t in GGMLQuantizationType}
    made_by = {"gguf": version("gguf"), "numpy": version("numpy"), "seed": SEED}
    json.dump({"madeBy": made_by, "sizes": sizes, "cases": cases}, sys.stdout, indent=1)
    print()


main()
