"""Test vectors of docs/formats/numerics.md sections 21 to 24.

    pip install numpy
    python test/oracle/numerics/make-encoder-vectors.py > test/oracle/numerics/encoder-vectors.json

With contract.py, like make-vectors.py beside it. On standard error: the largest errors met of GELU,
over every 1021st f32, against math.erfc in f64.
"""

import base64
import json
import math
import sys

import numpy as np
from contract import attend, f32, gelu_erf, layer_norm, pool


def text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def measure(low: float, high: float) -> None:
    bits = np.concatenate([np.arange(s + 0x0D800000, s + 0x42B00000, 1021) for s in (0, 1 << 31)])
    x = bits.astype(np.uint32).view(f32)
    x = x[(x >= low) & (x <= high)]
    exact = np.array([v * math.erfc(-v / math.sqrt(2)) / 2 for v in x.astype(float).tolist()])
    ulp = np.exp2(np.maximum(np.floor(np.log2(np.abs(exact))), -126) - 23)
    errors = np.abs(gelu_erf(x).astype(float) - exact) / ulp
    print(f"GELU from {low} to {high}: {errors.max():.2f} ulp, {len(x)} samples", file=sys.stderr)


def main() -> None:
    rng = np.random.default_rng(20261124)
    out = {"version": "vitrine-numerics/1-draft", "numpy": np.__version__}

    x = (rng.normal(size=(3, 96)) * 3 + 5).astype(f32)
    x[1] *= f32(1e-20)
    x[2, :] = f32(0.1)
    g, b = rng.normal(size=96).astype(f32), rng.normal(size=96).astype(f32)
    normed = np.array([layer_norm(row, g, b, f32(1e-12)) for row in x])
    out["layerNorm"] = {"K": 96, "eps": 1e-12, "x": text(x), "g": text(g), "b": text(b), "y": text(normed)}

    corners = [0.0, -0.0, 1e-40, -1e-40, 13.2, -13.2, 13.1, -13.1, -14, 60, -60, 1e19, 3e38]
    x = np.concatenate([rng.uniform(-14, 14, 300), rng.normal(size=199), corners]).astype(f32)
    exact = np.array([float(v) * math.erfc(-float(v) / math.sqrt(2)) / 2 for v in x])
    out["gelu"] = {"x": text(x), "y": text(gelu_erf(x)), "exact": text(exact)}

    D, heads, count = 32, 2, 70
    qkv = rng.normal(size=(count, (heads + 2) * D)).astype(f32)
    qkv[3] *= 20
    scale = f32(1 / 32**0.5)
    k = qkv[:, heads * D : (heads + 1) * D].astype(np.float16)
    v = qkv[:, (heads + 1) * D :].astype(np.float16)
    # Two texts of 9 and 61 rows: each row sees all of its own.
    y = []
    for start, end in ((0, 9), (9, count)):
        keys, values = k[start:end].astype(f32), v[start:end].astype(f32)
        for row in qkv[start:end]:
            y += [attend(row[h * D : h * D + D] * scale, keys, values) for h in range(heads)]
    long_keys, long_values = k.astype(f32), v.astype(f32)
    long = [attend(qkv[p, h * D : h * D + D] * scale, long_keys, long_values) for p in (0, 69) for h in range(heads)]
    out["attention"] = {
        **{"D": D, "heads": heads, "count": count, "lengths": [9, 61], "qkv": text(qkv)},
        **{"scale": text(scale), "y": text(np.array(y)), "positions": [0, 69]},
        "long": text(np.array(long)),
    }

    rows = (rng.normal(size=(5, 48)) * 2).astype(f32)
    cases = [(kind, d) for kind in ("mean", "cls") for d in (48, 16)]
    out["pool"] = {
        "rows": text(rows),
        "width": 48,
        "cases": [[kind, d, text(pool(rows, kind, d))] for kind, d in cases],
    }
    json.dump(out, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")
    for low, high in ((0, 80), (-1, 0), (-4, 0), (-13, 0)):
        measure(low, high)


main()
