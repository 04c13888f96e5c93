"""The forward pass of docs/formats/numerics.md, section 17: tokens -> logits at every position."""

import math
from pathlib import Path

import numpy as np
from contract import (
    Fault,
    attend,
    embedding,
    f32,
    frequencies,
    gelu,
    norm,
    rope_row,
    rotate,
    softcap,
    swiglu,
)
from model import ModelFile, halves


class Decoder(ModelFile):
    def __init__(self, path: Path):
        super().__init__(path)
        a = self.architecture
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

    def read_windows(self, width: int, period: int | None) -> list[int]:
        """Section 18."""
        width = self.key("attention.sliding_window", width)
        if width > 2**21:
            width = 0
        pattern = self.key("attention.sliding_window_pattern", period or 0)
        if isinstance(pattern, list):
            return [width if has else 0 for has in pattern]
        return [width if not pattern or i % pattern != pattern - 1 else 0 for i in range(self.L)]

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
            seen.append(halves(values))
        keys, values = np.array(cache[0]), np.array(cache[1])
        heads = []
        for n in range(H):
            g = n // (H // G)
            window, cap = self.windows[i], self.score_cap
            heads.append(attend(q[n], keys[:, g], values[:, g], window, cap))
        return np.concatenate(heads)
