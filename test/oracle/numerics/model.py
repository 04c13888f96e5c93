"""A model file's numbers and weights, by docs/formats/numerics.md, sections 17.1, 17.2, 19 and 20."""

import math
from pathlib import Path

import numpy as np
from container import read
from contract import FLOATS, Fault, f32, floats, form_of, frequencies, log64, product, unpack


class ModelFile:
    def __init__(self, path: Path):
        self.metadata, self.tensors = read(path)
        self.architecture = self.metadata["general.architecture"]
        self.w, self.L = self.key("embedding_length"), self.key("block_count")
        self.F, self.H = self.key("feed_forward_length"), self.key("attention.head_count")
        self.G = self.key("attention.head_count_kv", self.H)
        self.D = self.key("attention.key_length", self.w // self.H)
        self.R = self.key("rope.dimension_count", self.D)
        default_base = 1e6 if self.architecture == "gemma3" else 10000
        self.base = float(self.key("rope.freq_base", default_base))
        self.weights = {name: self.unpack(name) for name in self.tensors}

    def key(self, name: str, default=None):
        value = self.metadata.get(f"{self.architecture}.{name}", default)
        assert value is not None, f"the file lacks {name}"
        return value

    def unpack(self, name: str):
        """A vector, f32 [N, K], or blocks."""
        tensor = self.tensors[name]
        K, *rest = tensor.dims
        N = rest[0] if rest else 1
        if tensor.kind not in FLOATS:
            return unpack(tensor.kind, tensor.data, N, K)
        values = floats(tensor.kind, tensor.data, N, K)
        return values if rest else values[0]

    def scaled_frequencies(self) -> tuple[list[float], float]:
        """Section 19."""
        R, plain = self.R, frequencies(self.base, self.R)
        kind = self.key("rope.scaling.type", "none")
        factor = self.key("rope.scaling.factor", 1.0)
        context = self.key("context_length")
        orig = self.key("rope.scaling.original_context_length", context)
        m = self.key("rope.scaling.attn_factor", 1.0)
        amplitude = {"none": 1.0, "yarn": m * (1 + 0.1 * log64(factor))}.get(kind, m)
        divided = lambda name: [
            x / float(f)
            for x, f in zip(plain, np.frombuffer(self.tensors[f"{name}.weight"].data, "<f4"))
        ]
        if kind == "longrope":
            return divided(f"rope_factors_{'long' if context > orig else 'short'}"), amplitude
        if "rope_freqs.weight" in self.tensors:
            return divided("rope_freqs"), amplitude
        if kind == "linear":
            return [x / factor for x in plain], amplitude
        if kind != "yarn":
            return plain, amplitude
        pair = lambda turns: (R * log64(orig / (turns * 6.283185307179586))) / (
            2 * log64(self.base)
        )
        low = max(0, math.floor(pair(self.key("rope.scaling.yarn_beta_fast", 32.0))))
        high = min(R - 1, math.ceil(pair(self.key("rope.scaling.yarn_beta_slow", 1.0))))
        mix = lambda i: 1 - min(1, max(0, (i - low) / max(0.001, high - low)))
        return [(x / factor) * (1 - mix(i)) + x * mix(i) for i, x in enumerate(plain)], amplitude

    def multiply(self, name: str, x: np.ndarray, precise: bool = True) -> np.ndarray:
        """`precise`: section 2.1."""
        kind = self.tensors[name].kind
        return product(self.weights[name], x, form_of(kind, precise))


def halves(values: np.ndarray) -> np.ndarray:
    """Keys or values rounded to halves, as f32: section 7."""
    rounded = values.astype(np.float16).astype(f32)
    if not np.all(np.isfinite(rounded)):
        raise Fault
    return rounded
