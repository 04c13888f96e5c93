"""Test vectors of docs/formats/numerics.md sections 21 to 24.

    pip install numpy
    python test/oracle/numerics/make-encoder-vectors.py > test/oracle/numerics/encoder-vectors.json

In numpy, written from the text of the document alone, like make-vectors.py beside it. On standard
error: the largest errors met of GELU, over every 1021st f32, against math.erfc in f64.
"""

import base64
import json
import math
import sys

import numpy as np

f32 = np.float32
np.seterr(all="ignore")


def text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


# Sections 3 and 4.1.

EXP = [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]


def exp32(input: np.ndarray) -> np.ndarray:
    x = np.minimum(np.asarray(input, f32), f32(88))
    n = np.rint(x * f32(1.44269504))
    r = (x - n * f32(0.693359375)) - n * f32(-2.1219444e-4)
    p = np.full_like(r, f32(EXP[0]))
    for c in EXP[1:]:
        p = p * r + f32(c)
    y = (p * (r * r) + r) + f32(1)
    power = np.ldexp(f32(1), np.maximum(n, -126).astype(np.int32)).astype(f32)
    return np.where(np.asarray(input) < f32(-87), f32(0), y * power)


def strided_sum(values: np.ndarray) -> f32:
    p = np.zeros(16, f32)
    for k, value in enumerate(values):
        p[k % 16] = p[k % 16] + value
    for step in (8, 4, 2, 1):
        p = p[:step] + p[step : 2 * step]
    return p[0]


# Section 21.


def layer_norm(x: np.ndarray, g: np.ndarray, b: np.ndarray, eps: f32) -> np.ndarray:
    d = x - strided_sum(x) / f32(len(x))
    scale = f32(1) / np.sqrt(strided_sum(d * d) / f32(len(x)) + eps)
    return ((d * scale) * g) + b


# Section 22.

GELU = [
    -8.279291e-3, 7.432872e-2, -2.134969e-1, 2.2555351e-1, -6.0560286e-2, 1.2795658e-1, 1.0426664e-1,
    1.2560669e-1, 1.2462438e-1,
]  # fmt: skip


def gelu(x: np.ndarray) -> np.ndarray:
    t = f32(1) / (f32(1) + np.abs(x) * f32(0.3125))
    p = np.full_like(x, f32(GELU[0]))
    for c in GELU[1:]:
        p = p * t + f32(c)
    tail = (t * p) * exp32(-((x * x) * f32(0.5)))
    return x * np.where(x < 0, tail, f32(1) - tail)


# Sections 8 and 23.


def attend(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    state = None
    for start in range(0, len(k), 64):
        keys, values = k[start : start + 64], v[start : start + 64]
        scores = np.zeros(len(keys), f32)
        for c in range(len(q)):
            scores = scores + q[c] * keys[:, c]
        top = np.max(scores)
        e = exp32(scores - top)
        total = strided_sum(e)
        acc = np.zeros(len(q), f32)
        for p in range(len(keys)):
            acc = acc + e[p] * values[p]
        if state is None:
            state = acc, top, total
            continue
        old_acc, old_top, old_total = state
        new_top = np.maximum(old_top, top)
        alpha, beta = exp32(old_top - new_top), exp32(top - new_top)
        state = old_acc * alpha + acc * beta, new_top, old_total * alpha + total * beta
    return state[0] / state[2]


# Section 24.


def pool(rows: np.ndarray, pooling: str, dimensions: int) -> np.ndarray:
    used = rows[:1] if pooling == "cls" else rows
    m = np.zeros(dimensions)
    for row in used:
        m = m + row[:dimensions].astype(np.float64)
    m = m / np.float64(len(used))
    square = np.float64(0)
    for value in m:
        square = square + value * value
    return (m / np.sqrt(square)).astype(f32)


def measure(low: float, high: float) -> None:
    bits = np.concatenate([np.arange(s + 0x0D800000, s + 0x42B00000, 1021) for s in (0, 1 << 31)])
    x = bits.astype(np.uint32).view(f32)
    x = x[(x >= low) & (x <= high)]
    exact = np.array([v * math.erfc(-v / math.sqrt(2)) / 2 for v in x.astype(float).tolist()])
    ulp = np.exp2(np.maximum(np.floor(np.log2(np.abs(exact))), -126) - 23)
    errors = np.abs(gelu(x).astype(float) - exact) / ulp
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
    out["gelu"] = {"x": text(x), "y": text(gelu(x)), "exact": text(exact)}

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
