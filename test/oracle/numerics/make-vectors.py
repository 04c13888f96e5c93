"""Test vectors of docs/formats/numerics.md and docs/formats/numerics-sampling.md.

    pip install numpy
    python test/oracle/numerics/make-vectors.py > test/oracle/numerics/vectors.json

An implementation of the two documents in numpy, written from their text alone and meant to be read
beside it: no line of it comes from src/. numpy's f32 and f64 operations are IEEE 754, each rounded;
`+`, `-`, `*`, `/`, `sqrt`, `rint` and conversions are all that is used of it. Arrays are base64 of
little-endian bytes.
"""

import base64
import json
import sys

import numpy as np

f32 = np.float32
np.seterr(all="ignore")


def text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


# Section 4: elementary functions.

LOG2_E = f32(1.44269504)
LN2_HIGH = f32(0.693359375)
LN2_LOW = f32(-2.1219444e-4)
EXP = [
    f32(c)
    for c in (
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
]


def exp32(input: np.ndarray) -> np.ndarray:
    x = np.minimum(np.asarray(input, f32), f32(88))
    n = np.rint(x * LOG2_E)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = np.full_like(r, EXP[0])
    for c in EXP[1:]:
        p = p * r + c
    y = (p * (r * r) + r) + f32(1)
    power = np.ldexp(f32(1), np.where(np.isnan(n), 0, np.maximum(n, -126)).astype(np.int32))
    return np.where(np.asarray(input) < f32(-87), f32(0), y * power.astype(f32))


def exp64(x: float) -> float:
    n = float(np.rint(x * 1.4426950408889634))
    r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10
    s = 1.0
    for k in range(17, 0, -1):
        s = 1.0 + (r / k) * s
    return s * 2.0 ** int(n)


def log64(x: float) -> float:
    e, m = 0, x
    while m >= 1.4142135623730951:
        m, e = m / 2, e + 1
    while m < 0.7071067811865476:
        m, e = m * 2, e - 1
    s = (m - 1) / (m + 1)
    z = s * s
    t = 0.0
    for k in range(23, 1, -2):
        t = (t + 1 / k) * z
    return e * 0.6931471803691238 + (e * 1.9082149292705877e-10 + 2 * s * (1 + t))


def sin_cos64(x: float) -> tuple[float, float]:
    n = float(np.rint(x * 0.6366197723675814))
    r = x - n * 1.5707963267341256 - n * 6.077100506303966e-11 - n * 2.0222662487959506e-21
    z = r * r
    s = 1.0
    for k in range(18, 0, -2):
        s = 1 - (z / (k * (k + 1))) * s
    s *= r
    c = 1.0
    for k in range(20, 0, -2):
        c = 1 - (z / (k * (k - 1))) * c
    return [(s, c), (c, -s), (-s, -c), (-c, s)][int(n) % 4]


# Section 3: sums.


def tree(partial: np.ndarray) -> f32:
    p = partial.copy()
    for step in (8, 4, 2, 1):
        p = p[:step] + p[step : 2 * step]
    return p[0]


def strided_sum(terms: np.ndarray) -> f32:
    partial = np.zeros(16, f32)
    for start in range(0, len(terms), 16):
        piece = terms[start : start + 16]
        partial[: len(piece)] = partial[: len(piece)] + piece
    return tree(partial)


# Section 2: activations and products.


def quantise(block: np.ndarray, top: int) -> tuple[f32, np.ndarray]:
    amax = np.max(np.abs(block))
    if amax < f32(2.0**-100):
        return f32(0), np.zeros(32, np.int64)
    return amax / f32(top), np.rint(block * (f32(top) / amax)).astype(np.int64)


def half(data: bytes) -> f32:
    return np.frombuffer(data, "<f2")[0].astype(f32)


def six_bit(scales: bytes, b: int) -> tuple[int, int]:
    if b < 4:
        return scales[b] & 63, scales[b + 4] & 63
    return (
        (scales[b + 4] & 15) | ((scales[b - 4] >> 6) << 4),
        (scales[b + 4] >> 4) | ((scales[b] >> 6) << 4),
    )


FILE_BLOCK = {
    "Q4_0": (32, 18), "Q4_1": (32, 20), "Q5_0": (32, 22), "Q5_1": (32, 24), "Q8_0": (32, 34),
    "Q4_K": (256, 144), "Q5_K": (256, 176), "Q6_K": (256, 210),
}  # fmt: skip


def blocks_of(kind: str, row: bytes):
    """Blocks of 32: d, codes, scales of the two halves, (m) or (dmin, min) or None."""
    every, size = FILE_BLOCK[kind]
    for at in range(0, len(row), size):
        b = row[at : at + size]
        if every == 32:
            d = half(b[0:2])
            if kind == "Q8_0":
                yield d, np.frombuffer(b[2:], np.int8).astype(np.int64), (1, 1), None
                continue
            has_m = kind.endswith("_1")
            nibbles = np.frombuffer(b[-16:], np.uint8).astype(np.int64)
            codes = np.concatenate([nibbles & 15, nibbles >> 4])
            if kind.startswith("Q5"):
                high = int.from_bytes(b[4 if has_m else 2 :][:4], "little")
                codes += np.array([((high >> k) & 1) << 4 for k in range(32)])
            codes -= {"Q4_0": 8, "Q5_0": 16}.get(kind, 0)
            yield d, codes, (1, 1), ("m", half(b[2:4])) if has_m else None
        elif kind == "Q6_K":
            d = half(b[208:210])
            scales = np.frombuffer(b[192:208], np.int8).astype(int)
            for i in range(8):
                h, q = divmod(i, 4)
                low = np.frombuffer(b[h * 64 + (q & 1) * 32 :][:32], np.uint8).astype(np.int64)
                low = low & 15 if q < 2 else low >> 4
                high = np.frombuffer(b[128 + h * 32 :][:32], np.uint8).astype(np.int64)
                codes = (low | (((high >> (2 * q)) & 3) << 4)) - 32
                yield d, codes, (int(scales[2 * i]), int(scales[2 * i + 1])), None
        else:
            d, dmin = half(b[0:2]), half(b[2:4])
            for i in range(8):
                scale, least = six_bit(b[4:16], i)
                data = b[16 if kind == "Q4_K" else 48 :][(i // 2) * 32 :][:32]
                codes = (np.frombuffer(data, np.uint8).astype(np.int64) >> (4 * (i & 1))) & 15
                if kind == "Q5_K":
                    fifth = np.frombuffer(b[16:48], np.uint8).astype(np.int64)
                    codes |= ((fifth >> i) & 1) << 4
                yield d, codes, (scale, scale), ("dmin", dmin, least)


TOP = {"int8": 127, "int15": 16319, "int16": 32767}


def product(kind: str, row: bytes, x: np.ndarray, form: str) -> f32:
    if kind in ("F32", "F16", "BF16"):
        return strided_sum(float_row(kind, row) * x)
    y = f32(0)
    for i, (d, codes, scales, extra) in enumerate(blocks_of(kind, row)):
        step, q = quantise(x[32 * i : 32 * i + 32], TOP[form])
        halves = [int(np.sum(part)) for part in np.split(codes * q, 2)]
        J = f32(int(np.sum(q)))
        if kind == "Q6_K":
            I = f32(scales[0]) * f32(halves[0]) + f32(scales[1]) * f32(halves[1])
        else:
            I = f32(scales[0]) * f32(sum(halves))
        c = d * I
        if extra and extra[0] == "m":
            c = c + extra[1] * J
        elif extra:
            c = c - extra[1] * (f32(extra[2]) * J)
        y = y + step * c
    return y


def float_row(kind: str, row: bytes) -> np.ndarray:
    if kind == "F32":
        return np.frombuffer(row, "<f4")
    if kind == "F16":
        return np.frombuffer(row, "<f2").astype(f32)
    return (np.frombuffer(row, "<u2").astype(np.uint32) << 16).view(f32)


# Section 5: embedding rows.


def embedding(kind: str, row: bytes) -> np.ndarray:
    if kind in ("F32", "F16", "BF16"):
        return float_row(kind, row)
    out = []
    for d, codes, scales, extra in blocks_of(kind, row):
        value = (d * np.repeat(np.array(scales, f32), 16)) * codes.astype(f32)
        if extra and extra[0] == "m":
            value = value + extra[1]
        elif extra:
            value = value - extra[1] * f32(extra[2])
        out.append(value)
    return np.concatenate(out)


# Section 6: norm and SwiGLU.


def norm(x: np.ndarray, weights: np.ndarray, eps: f32) -> np.ndarray:
    mean = strided_sum(x * x) / f32(len(x))
    return (x * (f32(1) / np.sqrt(mean + eps))) * weights


def swiglu(gate: np.ndarray, up: np.ndarray) -> np.ndarray:
    return (gate / (f32(1) + exp32(-gate))) * up


# Section 7: rotation.


def rope_table(base: float, D: int, position: int) -> np.ndarray:
    log_base = log64(base)
    row = []
    for i in range(D // 2):
        s, c = sin_cos64(position * exp64(-((2 * i) / D) * log_base))
        row += [f32(c), f32(s)]
    return np.array(row, f32)


def rotate(x: np.ndarray, angles: np.ndarray, half_pairs: bool, scale: f32) -> np.ndarray:
    D = len(x)
    first = np.arange(D // 2) if half_pairs else 2 * np.arange(D // 2)
    second = first + (D // 2 if half_pairs else 1)
    c, s = angles[0::2], angles[1::2]
    out = x.copy()
    out[first] = (x[first] * c - x[second] * s) * scale
    out[second] = (x[first] * s + x[second] * c) * scale
    return out


# Section 8: attention of one query head over the positions 0..len(k) - 1.


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
    for at in {"Q6_K": [208], "Q4_0": [0], "Q5_0": [0], "Q8_0": [0]}.get(kind, [0, 2]):
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

    rows = activation_rows(rng)
    out["activations"] = {"x": text(rows), "K": 256}
    for form, kind in (("int8", np.int8), ("int15", np.int16), ("int16", np.int16)):
        parts = [[quantise(row[k : k + 32], TOP[form]) for k in range(0, 256, 32)] for row in rows]
        steps = np.array([[s for s, _ in row] for row in parts], f32)
        codes = np.concatenate([np.concatenate([q for _, q in row]) for row in parts])
        out["activations"][form] = {"steps": text(steps), "q": text(codes.astype(kind))}

    out["products"] = []
    for kind in ("F32", "F16", "BF16", *FILE_BLOCK):
        N, K = 5, 512 if kind.endswith("K") else 96
        w = random_rows(kind, N, K, rng)
        size = len(w) // N
        x = (rng.normal(size=(2, K)) * 2).astype(f32)
        file_rows = [w[n * size : (n + 1) * size] for n in range(N)]

        def products(form: str) -> str:
            return text(np.array([[product(kind, r, v, form) for r in file_rows] for v in x], f32))

        y = {"y": products("int16" if kind == "Q8_0" else "int8")}
        if kind in FILE_BLOCK and kind != "Q8_0":
            y["y15"] = products("int15")
        e = np.array([embedding(kind, r) for r in file_rows], f32)
        case = {"type": kind, "N": N, "K": K, "weights": text(np.frombuffer(w, np.uint8))}
        out["products"].append({**case, "x": text(x), **y, "embedding": text(e)})

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
            "rows": text(np.array([rope_table(base, D, p) for p in positions])),
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
        table = [rope_table(10000.0, D, p) for p in range(count)]
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
