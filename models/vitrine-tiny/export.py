"""build/checkpoint.pt -> vitrine-tiny.gguf and vitrine-tiny.json (its digest and size).

    python export.py [--build build] [--out .]

Matrices become Q8_0, norms stay F32. The file is read back and its logits, computed by a second
forward pass in plain numpy on the dequantised tensors, are held against PyTorch's.
"""

import argparse
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

from model import Config, Model, tensor_name
from text import CHAT_TEMPLATE, END_ID, END_TURN_ID, Encoder, read_tokenizer

NAME = "vitrine-tiny"
TOLERANCE = 2e-3
BYTES_MAX = 950_000
Q8_0 = gguf.GGMLQuantizationType.Q8_0
CHECKED = [
    [("user", "What is the capital of France?")],
    [("system", "Be brief."), ("user", "Wer bist du? 你好 \x00\t{}")],
    [
        ("user", "My name is Nora."),
        ("assistant", "Nice to meet you, Nora!"),
        ("user", "What is my name?"),
    ],
]


def write(model, tokenizer, path):
    c = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(NAME)
    writer.add_description(
        "A demonstration model of under one megabyte, trained from scratch for Vitrine."
    )
    writer.add_author("The Vitrine authors")
    writer.add_license("apache-2.0")
    writer.add_size_label("0.8M")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(c.vocabulary)
    writer.add_context_length(c.context)
    writer.add_embedding_length(c.width)
    writer.add_block_count(c.layers)
    writer.add_feed_forward_length(c.ffn_width)
    writer.add_head_count(c.heads)
    writer.add_head_count_kv(c.kv_heads)
    writer.add_key_length(c.head_dimension)
    writer.add_value_length(c.head_dimension)
    writer.add_rope_dimension_count(c.head_dimension)
    writer.add_rope_freq_base(c.rope_base)
    writer.add_layer_norm_rms_eps(c.norm_eps)

    stated = json.loads(tokenizer.to_str())
    special = {token["id"] for token in stated["added_tokens"]}
    tokens = sorted(stated["model"]["vocab"], key=stated["model"]["vocab"].get)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([control if i in special else normal for i in range(len(tokens))])
    writer.add_token_merges([" ".join(merge) for merge in stated["model"]["merges"]])
    writer.add_bos_token_id(END_ID)
    writer.add_eos_token_id(END_TURN_ID)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)

    for name, parameter in model.state_dict().items():
        values = parameter.detach().float().numpy()
        if values.ndim == 1:
            writer.add_tensor(tensor_name(name), values)
        else:
            writer.add_tensor(tensor_name(name), gguf.quantize(values, Q8_0), raw_dtype=Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class File:
    """A GGUF file, dequantised, and its own forward pass: no line of it is shared with model.py."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)

        def number(key):
            return reader.fields[f"llama.{key}"].contents()

        self.layers = number("block_count")
        self.heads = number("attention.head_count")
        self.kv_heads = number("attention.head_count_kv")
        self.base = number("rope.freq_base")
        self.eps = number("attention.layer_norm_rms_epsilon")
        self.tensors = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in reader.tensors}

    def norm(self, x, name):
        return (
            x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) * self.tensors[f"{name}.weight"]
        )

    def turn(self, x):
        """x [T, heads, D]; pair i of position p is turned by p / base^(2i/D)."""
        T, _, D = x.shape
        angle = np.arange(T)[:, None] / self.base ** (np.arange(0, D, 2) / D)
        z = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * angle)[:, None, :]
        return np.stack((z.real, z.imag), -1).reshape(x.shape)

    def weights_of(self, layer):
        return lambda name: self.tensors[f"blk.{layer}.{name}.weight"].astype(np.float64)

    def logits(self, ids):
        """-> float64 [T, vocabulary]"""
        T = len(ids)
        x = self.tensors["token_embd.weight"][ids].astype(np.float64)
        for layer in range(self.layers):
            weight = self.weights_of(layer)
            h = self.norm(x, f"blk.{layer}.attn_norm")
            q = self.turn((h @ weight("attn_q").T).reshape(T, self.heads, -1))
            k = self.turn((h @ weight("attn_k").T).reshape(T, self.kv_heads, -1))
            v = (h @ weight("attn_v").T).reshape(T, self.kv_heads, -1)
            out = np.empty_like(q)
            for head in range(self.heads):
                shared = head // (self.heads // self.kv_heads)
                score = q[:, head] @ k[:, shared].T / np.sqrt(q.shape[-1])
                score[np.triu_indices(T, 1)] = -np.inf
                share = np.exp(score - score.max(-1, keepdims=True))
                out[:, head] = share / share.sum(-1, keepdims=True) @ v[:, shared]
            x = x + out.reshape(T, -1) @ weight("attn_output").T
            h = self.norm(x, f"blk.{layer}.ffn_norm")
            gate = h @ weight("ffn_gate").T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ weight("ffn_up").T)) @ weight("ffn_down").T
        return self.norm(x, "output_norm") @ self.tensors["token_embd.weight"].astype(np.float64).T


def load(path):
    """The dequantised file as a PyTorch model."""
    model = Model(Config())
    tensors = File(path).tensors
    state = {name: torch.tensor(tensors[tensor_name(name)]) for name in model.state_dict()}
    model.load_state_dict(state)
    return model.eval()


@torch.no_grad()
def check(path, trained, encoder):
    file, rounded = File(path), load(path)
    if read_tokenizer(path).get_vocab() != encoder.tokenizer.get_vocab():
        raise SystemExit("the vocabulary of the file is not the one that was trained")
    for messages in CHECKED:
        ids = encoder.prompt(messages)
        plain = file.logits(ids)
        same = np.abs(rounded(torch.tensor([ids]))[0].numpy() - plain).max()
        lost = np.abs(trained(torch.tensor([ids]))[0].numpy() - plain).max()
        print(
            f"{len(ids)} tokens: logits in numpy differ from torch by {same:.1e}, "
            f"from those before rounding by {lost:.2f}"
        )
        if not same < TOLERANCE:
            raise SystemExit(f"logits differ by {same}; expected less than {TOLERANCE}")


def main():
    options = argparse.ArgumentParser()
    here = Path(__file__).parent
    options.add_argument("--build", type=Path, default=here / "build")
    options.add_argument("--out", type=Path, default=here)
    options = options.parse_args()
    torch.set_num_threads(1)
    encoder = Encoder(Tokenizer.from_file(str(options.build / "tokenizer.json")))
    saved = torch.load(options.build / "checkpoint.pt", weights_only=True)
    model = Model(Config()).eval()
    model.load_state_dict(saved["model"])
    path = options.out / f"{NAME}.gguf"
    write(model, encoder.tokenizer, path)
    check(path, model, encoder)
    data = path.read_bytes()
    if len(data) > BYTES_MAX:
        raise SystemExit(f"the file has {len(data)} bytes; expected at most {BYTES_MAX}")
    digest = hashlib.sha256(data).hexdigest()
    descriptor = json.dumps({"sha256": digest, "bytes": len(data)}, indent=2)
    (options.out / f"{NAME}.json").write_text(f"{descriptor}\n", "utf8")
    print(f"{path}: {len(data)} bytes, {digest}, after step {saved['step']}")


if __name__ == "__main__":
    main()
