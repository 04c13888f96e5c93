"""The network of vitrine-tiny: a llama decoder in PyTorch, as GGUF has it."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    vocabulary: int = 1024
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dimension: int = 32
    ffn_width: int = 320
    context: int = 1024
    rope_base: float = 10000.0
    norm_eps: float = 1e-5


def rope_table(config):
    """cos and sin, each [context, head_dimension / 2]."""
    half = config.head_dimension // 2
    frequency = config.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(config.context, dtype=torch.float64)[:, None] * frequency
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    """x [B, heads, T, D]; cos, sin [B, 1, T, D / 2]. Pairs are neighbours (2i, 2i + 1)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        q, kv = c.heads * c.head_dimension, c.kv_heads * c.head_dimension
        self.attn_norm = nn.Parameter(torch.ones(c.width))
        self.attn_q = nn.Linear(c.width, q, bias=False)
        self.attn_k = nn.Linear(c.width, kv, bias=False)
        self.attn_v = nn.Linear(c.width, kv, bias=False)
        self.attn_output = nn.Linear(q, c.width, bias=False)
        self.ffn_norm = nn.Parameter(torch.ones(c.width))
        self.ffn_gate = nn.Linear(c.width, c.ffn_width, bias=False)
        self.ffn_up = nn.Linear(c.width, c.ffn_width, bias=False)
        self.ffn_down = nn.Linear(c.ffn_width, c.width, bias=False)

    def forward(self, x, cos, sin, mask):
        c = self.config
        B, T, _ = x.shape
        h = rms_norm(x, self.attn_norm, c.norm_eps)

        def heads(y, count):
            return y.view(B, T, count, c.head_dimension).transpose(1, 2)

        q = rotate(heads(self.attn_q(h), c.heads), cos, sin)
        k = rotate(heads(self.attn_k(h), c.kv_heads), cos, sin)
        v = heads(self.attn_v(h), c.kv_heads)
        group = c.heads // c.kv_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.attn_output(a.transpose(1, 2).reshape(B, T, -1))
        h = rms_norm(x, self.ffn_norm, c.norm_eps)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Model(nn.Module):
    """Parameters are named as the tensors of the GGUF file, with `weight` left out."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Parameter(torch.empty(config.vocabulary, config.width))
        self.blk = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.output_norm = nn.Parameter(torch.ones(config.width))
        cos, sin = rope_table(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.token_embd, std=0.05)
        for name, parameter in self.blk.named_parameters():
            if parameter.dim() == 2:
                out = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(parameter, std=0.06 / (2 * config.layers) ** 0.5 if out else 0.06)

    def hidden(self, tokens, positions=None, mask=None):
        """tokens, positions [B, T]; mask bool [B, 1, T, T], true where seen. -> [B, T, width]"""
        B, T = tokens.shape
        if positions is None:
            positions = torch.arange(T).expand(B, T)
        if mask is None:
            mask = torch.ones(T, T, dtype=torch.bool).tril()[None, None]
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x = self.token_embd[tokens]
        for block in self.blk:
            x = block(x, cos, sin, mask)
        return rms_norm(x, self.output_norm, self.config.norm_eps)

    def forward(self, tokens, positions=None, mask=None):
        """-> logits [B, T, vocabulary]"""
        return self.hidden(tokens, positions, mask) @ self.token_embd.T


def tensor_name(parameter):
    """`blk.0.attn_q.weight` stays, `blk.0.attn_norm` becomes `blk.0.attn_norm.weight`."""
    return parameter if parameter.endswith(".weight") else f"{parameter}.weight"
