"""Whole forward passes by docs/formats/numerics.md, section 17: a model file -> logits.

    pip install numpy
    python test/oracle/numerics/forward.py TOKENS MODEL.gguf... > digests.jsonl

TOKENS is a JSON list of token ids for each model. A line for each model: SHA-256 of the file, and of
the logits at every position (f32, little endian, one row after the other), and the bits of the first
four at the last position; with --logits, all logits themselves. contract.py has the operations; nothing here or there comes from src/.
"""

import base64
import hashlib
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
from contract import (
    FLOATS,
    attend,
    embedding,
    f32,
    floats,
    form_of,
    frequencies,
    gelu,
    log64,
    norm,
    product,
    rope_row,
    rotate,
    softcap,
    swiglu,
    unpack,
    Fault,
)
from container import read


class Model:
    def __init__(self, path: Path):
        self.metadata, self.tensors = read(path)
        self.architecture = self.metadata["general.architecture"]
        a = self.architecture
        # 17.1
        self.w, self.L = self.key("embedding_length"), self.key("block_count")
        self.F, self.H = self.key("feed_forward_length"), self.key("attention.head_count")
        self.G = self.key("attention.head_count_kv", self.H)
        self.D = self.key("attention.key_length", self.w // self.H)
        self.R = self.key("rope.dimension_count", self.D)
        self.base = float(self.key("rope.freq_base", 1e6 if a == "gemma3" else 10000))
        self.eps = f32(self.key("attention.layer_norm_rms_epsilon", 1e-5))
        # 17.3
        self.half_pairs = a not in ("llama", "granite")
        self.has_input_norms = a != "olmo2"
        self.has_output_norms = a in ("gemma2", "gemma3", "olmo2")
        is_gemma = a in ("gemma2", "gemma3")
        self.activate = (lambda g, u: gelu(g) * u) if is_gemma else swiglu
        self.embedding_factor = self.residual_factor = self.logit_factor = f32(1)
        self.query_scale = f32(1 / math.sqrt(self.D))
        self.score_cap = self.logit_cap = f32(0)
        self.windows = [0] * self.L
        if is_gemma:
            self.embedding_factor = f32(math.sqrt(self.w))
            if self.L == {"gemma2": 46, "gemma3": 62}[a]:
                self.query_scale = f32(1 / math.sqrt(self.w / self.H))
        if a == "gemma2":
            self.score_cap = f32(self.key("attn_logit_softcapping", 50))
            self.logit_cap = f32(self.key("final_logit_softcapping", 30))
            self.windows = self.read_windows(4096, 2)
        if a == "gemma3":
            self.logit_cap = f32(self.key("final_logit_softcapping", 0))
            self.windows = self.read_windows(1024, 6)
        if a == "phi3":
            self.windows = self.read_windows(0, None)
        if a == "granite":
            self.embedding_factor = f32(self.key("embedding_scale", 1))
            self.query_scale = f32(self.key("attention.scale", 1 / math.sqrt(self.D)))
            self.residual_factor = f32(self.key("residual_scale", 1))
            self.logit_factor = f32(1 / self.key("logit_scale", 1))
        self.frequency, self.amplitude = self.scaled_frequencies()
        local = float(self.key("rope.freq_base_swa", 10000))
        self.local_frequency = frequencies(local, self.R) if a == "gemma3" else None
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

    def read_windows(self, width: int, period: int | None) -> list[int]:
        """Section 18."""
        width = self.key("attention.sliding_window", width)
        if width > 2**21:
            width = 0
        pattern = self.key("attention.sliding_window_pattern", period or 0)
        if isinstance(pattern, list):
            return [width if has else 0 for has in pattern]
        return [width if not pattern or i % pattern != pattern - 1 else 0 for i in range(self.L)]

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
        kind = self.tensors[name].kind
        return product(self.weights[name], x, form_of(kind, precise))

    def forward(self, tokens: list[int]) -> np.ndarray:
        """f32 [positions, V]"""
        cache = [([], []) for _ in range(self.L)]
        return np.array([self.step(token, p, cache) for p, token in enumerate(tokens)])

    def step(self, token: int, position: int, cache: list) -> np.ndarray:
        x = embedding(self.weights["token_embd.weight"], token)
        if self.embedding_factor != 1:
            x = x * self.embedding_factor
        angles = rope_row(self.frequency, position, self.amplitude)
        local = rope_row(self.local_frequency, position) if self.local_frequency else angles
        for i in range(self.L):
            h = self.input_norm(x, f"blk.{i}.attn_norm.weight")
            a = self.attention(i, h, local if self.windows[i] else angles, cache[i])
            y = self.multiply(f"blk.{i}.attn_output.weight", a)
            x = x + self.output(y, f"blk.{i}.post_attention_norm.weight")
            h = self.input_norm(x, f"blk.{i}.ffn_norm.weight")
            g, u = self.gate_up(i, h)
            y = self.multiply(f"blk.{i}.ffn_down.weight", self.activate(g, u))
            x = x + self.output(y, f"blk.{i}.post_ffw_norm.weight")
        h = norm(x, self.weights["output_norm.weight"], self.eps)
        has_output = "output.weight" in self.tensors
        logits = self.multiply("output.weight" if has_output else "token_embd.weight", h)
        if self.logit_factor != 1:
            logits = logits * self.logit_factor
        if self.logit_cap != 0:
            if not np.all(np.isfinite(logits)):
                raise Fault
            return softcap(logits, self.logit_cap)
        if np.any(np.isnan(logits)) or not np.isfinite(np.max(logits)):
            raise Fault
        return logits

    def input_norm(self, x: np.ndarray, name: str) -> np.ndarray:
        return norm(x, self.weights[name], self.eps) if self.has_input_norms else x

    def output(self, y: np.ndarray, name: str) -> np.ndarray:
        if self.has_output_norms:
            y = norm(y, self.weights[name], self.eps)
        return y * self.residual_factor if self.residual_factor != 1 else y

    def gate_up(self, i: int, h: np.ndarray) -> list[np.ndarray]:
        precise = i == self.L - 1
        if self.architecture == "phi3":
            return np.split(self.multiply(f"blk.{i}.ffn_up.weight", h, precise), 2)
        return [self.multiply(f"blk.{i}.ffn_{each}.weight", h, precise) for each in ("gate", "up")]

    def attention(self, i: int, h: np.ndarray, angles: np.ndarray, cache) -> np.ndarray:
        H, G, D = self.H, self.G, self.D
        if self.architecture == "phi3":
            qkv = self.multiply(f"blk.{i}.attn_qkv.weight", h)
            q, k, v = np.split(qkv, [H * D, (H + G) * D])
        else:
            q, k, v = (self.multiply(f"blk.{i}.attn_{each}.weight", h) for each in "qkv")
        if self.architecture == "qwen2":
            q, k, v = (
                y + self.weights[f"blk.{i}.attn_{each}.bias"] for y, each in zip((q, k, v), "qkv")
            )
        normed = lambda y, each: norm(y, self.weights[f"blk.{i}.attn_{each}_norm.weight"], self.eps)
        if self.architecture == "olmo2":
            q, k = normed(q, "q"), normed(k, "k")
        q, k, v = q.reshape(H, D), k.reshape(G, D), v.reshape(G, D)
        if self.architecture in ("qwen3", "gemma3"):
            q = np.array([normed(head, "q") for head in q])
            k = np.array([normed(head, "k") for head in k])
        q = [rotate(head, angles, self.half_pairs, self.query_scale) for head in q]
        k = np.array([rotate(head, angles, self.half_pairs, f32(1)) for head in k])
        for values, seen in zip((k, v), cache):
            halves = values.astype(np.float16).astype(f32)
            if not np.all(np.isfinite(halves)):
                raise Fault
            seen.append(halves)
        keys, values = np.array(cache[0]), np.array(cache[1])
        heads = []
        for n in range(H):
            g = n // (H // G)
            window, cap = self.windows[i], self.score_cap
            heads.append(attend(q[n], keys[:, g], values[:, g], window, cap))
        return np.concatenate(heads)


def main(arguments: list[str]) -> None:
    with_logits = "--logits" in arguments
    tokens, *paths = [each for each in arguments if each != "--logits"]
    texts = json.loads(Path(tokens).read_text())
    assert len(texts) == len(paths)
    for text, path in zip(texts, map(Path, paths)):
        logits = np.ascontiguousarray(Model(path).forward(text), "<f4")
        line = {
            "file": hashlib.sha256(path.read_bytes()).hexdigest(),
            "logits": hashlib.sha256(logits.tobytes()).hexdigest(),
            "last": [struct.pack(">f", value).hex() for value in logits[-1, :4]],
        }
        if with_logits:
            line["values"] = base64.b64encode(logits.tobytes()).decode()
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
