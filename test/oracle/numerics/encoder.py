"""The pass of an encoder, docs/formats/numerics.md, section 24: tokens -> the last layer's rows."""

import math
from pathlib import Path

import numpy as np
from contract import (
    attend,
    embedding,
    f32,
    gelu_erf,
    layer_norm,
    pool,
    rope_row,
    rotate,
    swiglu,
)
from model import ModelFile, halves

ENCODERS = ("bert", "nomic-bert")


class Encoder(ModelFile):
    def __init__(self, path: Path):
        super().__init__(path)
        self.is_bert = self.architecture == "bert"
        self.eps = f32(self.key("attention.layer_norm_epsilon", 1e-12))
        self.pooling = {1: "mean", 2: "cls"}[self.key("pooling_type")]
        self.query_scale = f32(1 / math.sqrt(self.D))
        self.frequency, self.amplitude = self.scaled_frequencies()

    def forward(self, tokens: list[int]) -> np.ndarray:
        """f32 [positions, w]"""
        x = np.array([self.start(token, p) for p, token in enumerate(tokens)])
        for i in range(self.L):
            at = f"blk.{i}."
            added = self.attention(i, x)
            x = np.array([self.add(f"{at}attn_output", *each) for each in zip(x, added)])
            x = self.norm(f"{at}attn_output_norm", x)
            h = [self.feed_forward(i, row) for row in x]
            x = np.array([self.add(f"{at}ffn_down", *each) for each in zip(x, h)])
            x = self.norm(f"{at}layer_output_norm", x)
        return x

    def vector(self, rows: np.ndarray, d: int) -> np.ndarray:
        """The embedding of a text: d values."""
        return pool(rows, self.pooling, d)

    def start(self, token: int, position: int) -> np.ndarray:
        row = lambda name, i: embedding(self.weights[f"{name}.weight"], i)
        x = row("token_embd", token) + row("token_types", 0)
        if self.is_bert:
            x = x + row("position_embd", position)
        return self.norm("token_embd_norm", [x])[0]

    def norm(self, name: str, rows) -> np.ndarray:
        weights, biases = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return np.array([layer_norm(x, weights, biases, self.eps) for x in rows])

    def biased(self, name: str, x: np.ndarray) -> np.ndarray:
        y = self.multiply(f"{name}.weight", x)
        return y + self.weights[f"{name}.bias"] if self.is_bert else y

    def add(self, name: str, x: np.ndarray, input: np.ndarray) -> np.ndarray:
        """The product onto the stream, then the bias."""
        x = x + self.multiply(f"{name}.weight", input)
        return x + self.weights[f"{name}.bias"] if self.is_bert else x

    def feed_forward(self, i: int, x: np.ndarray) -> np.ndarray:
        if self.is_bert:
            return gelu_erf(self.biased(f"blk.{i}.ffn_up", x))
        g, u = (self.biased(f"blk.{i}.ffn_{each}", x) for each in ("gate", "up"))
        return swiglu(g, u)

    def attention(self, i: int, rows: np.ndarray) -> list[np.ndarray]:
        """Section 23: every position sees all."""
        H, G, D = self.H, self.G, self.D
        q, k, v = [], [], []
        for p, x in enumerate(rows):
            if self.is_bert:
                parts = [self.biased(f"blk.{i}.attn_{each}", x) for each in "qkv"]
            else:
                qkv = self.multiply(f"blk.{i}.attn_qkv.weight", x)
                parts = np.split(qkv, [H * D, (H + G) * D])
            of_q, of_k, of_v = (part.reshape(-1, D) for part in parts)
            q.append(self.turn(of_q, p, self.query_scale))
            k.append(self.turn(of_k, p, f32(1)))
            v.append(of_v)
        keys, values = halves(np.array(k)), halves(np.array(v))
        head = lambda row, n: attend(row[n], keys[:, n // (H // G)], values[:, n // (H // G)])
        return [np.concatenate([head(row, n) for n in range(H)]) for row in q]

    def turn(self, heads: np.ndarray, position: int, scale: f32) -> np.ndarray:
        if self.is_bert:
            return heads * scale
        angles = rope_row(self.frequency, position, self.amplitude)
        return np.array([rotate(head, angles, True, scale) for head in heads])
