"""Test vectors of docs/formats/numerics.md and docs/formats/numerics-sampling.md.

    pip install numpy
    python test/oracle/numerics/make-vectors.py > test/oracle/numerics/vectors.json

The operations are those of contract.py; sampling stands here. Arrays are base64 of little-endian
bytes.
"""

import base64
import json
import sys

import numpy as np
from contract import (
    FILE_BLOCK,
    FLOATS,
    TOP,
    attend,
    embedding,
    exp32,
    exp64,
    f32,
    floats,
    form_of,
    frequencies,
    gelu,
    log64,
    norm,
    product,
    quantise,
    rope_row,
    rotate,
    sin_cos64,
    softcap,
    swiglu,
    tanh32,
    unpack,
)


def text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


# numerics-sampling.md.


def philox(counter: list[int], key: list[int]) -> list[int]:
    c, k, mask = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & mask, (a >> 32) ^ c[3] ^ k[1], a & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def uniform(seed: int, position: int, choice: int) -> float:
    key = [seed & 0xFFFFFFFF, seed >> 32]
    x = philox([position & 0xFFFFFFFF, position >> 32, choice, 0x56534D50], key)
    return ((x[0] >> 5) * 2**26 + (x[1] >> 6)) * 2.0**-53


def sample(logits: np.ndarray, p: dict, position: int) -> int:
    v = logits.copy()
    repetition = f32(p["repetitionPenalty"])
    for t in dict.fromkeys(p["promptTokens"] + p["answerTokens"]):
        v[t] = v[t] / repetition if v[t] > 0 else v[t] * repetition
    for t in dict.fromkeys(p["answerTokens"]):
        n = f32(p["answerTokens"].count(t))
        v[t] = v[t] - (n * f32(p["frequencyPenalty"]) + f32(p["presencePenalty"]))
    for t, bias in p["logitBias"]:
        v[t] = v[t] + f32(bias)
    for t in p["masked"]:
        v[t] = f32(-np.inf)
    best = int(np.argmax(v))
    temperature = f32(p["temperature"])
    if temperature == 0 or p["topK"] == 1:
        return best
    d = (v - v[best]) / temperature
    scaled = exp32(np.maximum(d, f32(-80))).astype(np.float64) * 2.0**32
    w = np.where(d < f32(-23), 0.0, np.rint(scaled))
    order = sorted((t for t in range(len(v)) if v[t] > -np.inf), key=lambda t: (-v[t], t))
    if p["topK"] > 0:
        order = order[: p["topK"]]
    if p["topP"] < 1:
        target, reached, kept = p["topP"] * sum(w[t] for t in order), 0.0, []
        for t in order:
            kept.append(t)
            reached += w[t]
            if reached >= target:
                break
        order = kept
    kept = sorted(t for t in order if w[t] >= p["minP"] * 2.0**32 and w[t] > 0)
    target = uniform(p["seed"], position, 0) * sum(w[t] for t in kept)
    reached = 0.0
    for t in kept:
        reached += w[t]
        if reached > target:
            return t
    return kept[-1]


# The cases.


# Where the halves of a block stand, when not at 0 and 2.
HALVES = {"Q6_K": [208], "Q4_0": [0], "Q5_0": [0], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108]}
HALVES |= {"IQ4_NL": [0], "IQ4_XS": [0]}


def random_rows(kind: str, rows: int, K: int, rng) -> bytes:
    if kind == "F32":
        return rng.normal(size=(rows, K)).astype("<f4").tobytes()
    if kind == "F16":
        return rng.normal(size=(rows, K)).astype("<f2").tobytes()
    if kind == "BF16":
        bits = rng.normal(size=(rows, K)).astype("<f4").view("<u4")
        return (bits >> 16).astype("<u2").tobytes()
    every, size = FILE_BLOCK[kind]
    data = rng.integers(0, 256, (rows * K // every, size), dtype=np.uint8)
    if kind == "MXFP4":
        data[:, 0] = rng.integers(0, 2, len(data)) * 2 + rng.integers(119, 122, len(data))
        # The two smallest scales are subnormal.
        data[0:2, 0] = [0, 1]
        return data.tobytes()
    for at in HALVES.get(kind, [0, 2]):
        scale = (rng.normal(size=len(data)) * 0.01).astype("<f2")
        data[:, at : at + 2] = scale.view(np.uint8).reshape(-1, 2)
    return data.tobytes()


def activation_rows(rng) -> np.ndarray:
    """Rows of 8 blocks: ordinary values, and the corners of section 2."""
    x = (rng.normal(size=(3, 256)) * np.exp(rng.normal(size=(3, 1)))).astype(f32)
    x[0, 0:32] = 0
    x[0, 32:64] = f32(1e-40)
    x[0, 64:96] = -0.0
    x[0, 96:128] = f32(2.0**-100)
    x[0, 128:160] = np.nextafter(f32(2.0**-100), f32(0))
    # Ties: 127 / 127 = 1 exactly, so x.5 rounds to even.
    x[0, 160:192] = np.arange(-16, 16) + f32(0.5)
    x[0, 160] = 127
    x[0, 192:224] = x[0, 192:224] * f32(3e37)
    x[1, 7] = 300
    return x


# Section 20.
LATER = ("Q2_K", "Q3_K", "IQ4_NL", "IQ4_XS", "MXFP4")


def product_case(kind: str, rng) -> dict:
    N, K = 5, 512 if FILE_BLOCK.get(kind, (32,))[0] == 256 else 96
    data = random_rows(kind, N, K, rng)
    x = (rng.normal(size=(2, K)) * 2).astype(f32)
    w = floats(kind, data, N, K) if kind in FLOATS else unpack(kind, data, N, K)
    products = lambda precise: [product(w, v, form_of(kind, precise)) for v in x]
    case = {"type": kind, "N": N, "K": K, "weights": text(np.frombuffer(data, np.uint8))}
    case |= {"x": text(x), "y": text(np.array(products(False)))}
    if form_of(kind, True) == "int15":
        case["y15"] = text(np.array(products(True)))
    return {**case, "embedding": text(np.array([embedding(w, n) for n in range(N)], f32))}


def elementary(rng) -> dict:
    """Sections 15 and 16."""
    corners = [0.0, -0.0, 0.625, np.nextafter(f32(0.625), f32(0)), 1e-40, 88, -88, 1e6, -1e6, 2e19, -2e19, 1e38]
    x = np.concatenate([rng.normal(size=200) * 3, rng.normal(size=60) * 40, corners]).astype(f32)
    out = {"x": text(x), "gelu": text(gelu(x)), "tanh": text(tanh32(x))}
    return {**out, "cap": 30, "softcap": text(softcap(x, f32(30)))}


def main() -> None:
    rng = np.random.default_rng(20260101)
    out = {"version": "vitrine-numerics/1-draft", "numpy": np.__version__}

    x = np.concatenate(
        [
            rng.uniform(-90, 90, 300),
            rng.normal(size=100) * 1e-3,
            [0.0, -0.0, -87, np.nextafter(f32(-87), f32(-88)), 88, 88.5, 1e-40, np.inf, -np.inf],
        ]
    ).astype(f32)
    out["exp"] = {"x": text(x), "y": text(exp32(x))}
    bases, args = [2.0, 500000.0, 1e4, 1e5, 1.5, 0.3], [0.0, -0.5, -11.5, -27.0, 3.25, 1000.5, 8191.75]
    out["f64"] = {
        "log": [[b, text(np.float64(log64(b)))] for b in bases],
        "exp": [[a, text(np.float64(exp64(a)))] for a in args if a < 100],
        "sinCos": [[a, text(np.array(sin_cos64(a)))] for a in args],
    }

    out["elementary"] = elementary(np.random.default_rng(20260103))

    rows = activation_rows(rng)
    out["activations"] = {"x": text(rows), "K": 256}
    for form, kind in (("int8", np.int8), ("int15", np.int16), ("int16", np.int16)):
        parts = [[quantise(row[k : k + 32], TOP[form]) for k in range(0, 256, 32)] for row in rows]
        steps = np.array([[s for s, _ in row] for row in parts], f32)
        codes = np.concatenate([np.concatenate([q for _, q in row]) for row in parts])
        out["activations"][form] = {"steps": text(steps), "q": text(codes.astype(kind))}

    out["products"] = []
    for kind in (*FLOATS, *(kind for kind in FILE_BLOCK if kind not in LATER)):
        out["products"].append(product_case(kind, rng))
    # With numbers of their own, so that the cases below stay what they were.
    later = np.random.default_rng(20260102)
    for kind in LATER:
        out["products"].append(product_case(kind, later))

    x, w = (rng.normal(size=(2, 96)) * 3).astype(f32), rng.normal(size=96).astype(f32)
    up = rng.normal(size=(2, 96)).astype(f32)
    x[1, 0:4] = [-200, -87.5, 100, 0]
    out["rows"] = {
        **{"K": 96, "eps": 1e-5, "x": text(x), "norm": text(w), "up": text(up)},
        "normed": text(np.array([norm(r, w, f32(1e-5)) for r in x])),
        "activated": text(np.array([swiglu(r, u) for r, u in zip(x, up)])),
    }

    positions = [0, 1, 2, 63, 64, 1000, 8191, 131071]
    out["rope"] = [
        {
            **{"base": base, "D": D, "positions": positions},
            "rows": text(np.array([rope_row(frequencies(base, D), p) for p in positions])),
        }
        for base, D in ((10000.0, 64), (100000.0, 64), (500000.0, 128))
    ]

    D, heads, count = 32, 2, 70
    qkv = rng.normal(size=(count, (heads + 2) * D)).astype(f32)
    qkv[3] *= 20
    scale = f32(1 / 32**0.5)
    case = {"D": D, "heads": heads, "count": count, "base": 10000.0, "qkv": text(qkv)}
    case["scale"] = text(scale)
    for name, half_pairs in (("neighbours", False), ("halves", True)):
        table = [rope_row(frequencies(10000.0, D), p) for p in range(count)]
        turn = lambda p, h, s: rotate(qkv[p, h * D : h * D + D], table[p], half_pairs, s)
        q = np.array([[turn(p, h, scale) for h in range(heads)] for p in range(count)])
        k = np.array([turn(p, heads, f32(1)) for p in range(count)]).astype(np.float16)
        v = qkv[:, (heads + 1) * D :].astype(np.float16)
        k32, v32 = k.astype(f32), v.astype(f32)
        o = [[attend(q[p, h], k32[: p + 1], v32[: p + 1]) for h in range(heads)] for p in (0, 5, 63, 64, 69)]
        case[name] = {"k": text(k), "v": text(v), "positions": [0, 5, 63, 64, 69], "out": text(np.array(o))}
    out["attention"] = case

    plain = {
        **{"temperature": 1, "topK": 0, "topP": 1, "minP": 0, "repetitionPenalty": 1},
        **{"presencePenalty": 0, "frequencyPenalty": 0, "logitBias": [], "masked": []},
        **{"promptTokens": [], "answerTokens": []},
    }
    changes = [
        {}, {"temperature": 0}, {"temperature": 0.7}, {"temperature": 3}, {"topK": 1}, {"topK": 5},
        {"topP": 0.5}, {"topP": 0}, {"topK": 8, "topP": 0.6}, {"minP": 0.2}, {"minP": 1},
        {"repetitionPenalty": 1.3, "promptTokens": [1, 2, 3, 3], "answerTokens": [4, 2]},
        {"presencePenalty": 0.5, "frequencyPenalty": 0.25, "answerTokens": [7, 7, 7, 9]},
        {"logitBias": [[5, 4.5], [6, -100]]}, {"masked": list(range(0, 40))},
        {"temperature": 0, "masked": list(range(0, 40)), "logitBias": [[50, 3]]},
        {"temperature": 0.9, "topK": 20, "topP": 0.9, "minP": 0.05, "repetitionPenalty": 1.1,
         "promptTokens": [10, 11, 12], "answerTokens": [13, 13]},
    ]  # fmt: skip
    logits = (rng.normal(size=64) * 2).astype(f32)
    # Equal logits: ties.
    logits[[20, 30, 40]] = logits[10]
    logits[33] = -np.inf
    cases = []
    for change in changes:
        p = {**plain, **change}
        for position in (0, 1, 17, 4096):
            p["seed"] = int(rng.integers(0, 2**63))
            token = sample(logits, p, position)
            cases.append({**change, "seed": str(p["seed"]), "position": position, "tokenId": token})
    draws = [[str(s), p, c, uniform(s, p, c)] for s, p, c in ((0, 0, 0), (1, 7, 0), (2**64 - 1, 2**33 + 5, 3))]
    out["sampling"] = {"logits": text(logits), "cases": cases, "uniform": draws}
    json.dump(out, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


main()
