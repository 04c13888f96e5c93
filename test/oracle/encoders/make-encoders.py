"""Tiny random encoders, and what transformers computes with them.

    pip install torch transformers gguf numpy    (versions: madeBy in expected.json)
    python test/oracle/encoders/make-encoders.py test/oracle/encoders

For each model: `NAME.gguf.gz`, written with the package gguf in the names, layouts and keys that
llama.cpp's converter uses, F32; and the last layer's output for two texts in `expected.json`. Weights
have four bits, so that the files are small. The longer text passes a KV page.
"""

import base64
import gzip
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import transformers
from gguf import GGUFWriter, PoolingType

WIDTH, FFN, HEADS, HEAD, VOCABULARY, LAYERS, CONTEXT = 64, 96, 2, 32, 64, 2, 96
LONG = [(i * 37 + i * i * 5 + 11) % (VOCABULARY - 8) + 8 for i in range(80)]
TEXTS = [[2, *LONG, 3], [2, 20, 33, 8, 3]]

SHAPE = {
    "hidden_size": WIDTH,
    "intermediate_size": FFN,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": CONTEXT,
    "attn_implementation": "eager",
    "pad_token_id": 0,
}

# Name: (class, its arguments, pooling).
MODELS = {
    "bert": ("Bert", {"hidden_act": "gelu", "layer_norm_eps": 1e-12}, PoolingType.CLS),
    "nomic-bert": (
        "NomicBert",
        {
            "hidden_act": "silu",
            "head_dim": HEAD,
            "layer_norm_eps": 1e-12,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0},
        },
        PoolingType.MEAN,
    ),
}

TENSORS = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "attention.output.dense": "attn_output",
    "self_attn.o_proj": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "post_attention_layernorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
    "post_mlp_layernorm": "layer_output_norm",
}


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Four bits a weight; scores, activations and outputs come out of the size of 1."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = rng.integers(-7, 8, tuple(parameter.shape)) / 16
            if "norm" in name.lower() and name.endswith("weight"):
                values = values + 1
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))


def tensor_name(name: str) -> str:
    if name in TENSORS:
        return TENSORS[name]
    if name.startswith("embeddings."):
        prefix, kind = name.rsplit(".", 1)
        return f"{TENSORS[prefix]}.{kind}"
    # encoder.layer.0.output.dense.weight, layers.0.mlp.up_proj.weight
    layer, rest = re.sub(r"^(encoder\.layer|layers)\.", "", name).split(".", 1)
    prefix, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{TENSORS[prefix]}.{kind}"


def tensors_of(model: torch.nn.Module, architecture: str) -> dict:
    tensors = {tensor_name(n): p.detach().numpy().copy() for n, p in model.named_parameters()}
    if architecture == "nomic-bert":
        for layer in range(LAYERS):
            parts = [tensors.pop(f"blk.{layer}.attn_{part}.weight") for part in "qkv"]
            tensors[f"blk.{layer}.attn_qkv.weight"] = np.concatenate(parts)
    return tensors


def write_gguf(path: Path, architecture: str, model: torch.nn.Module, pooling: PoolingType) -> None:
    writer = GGUFWriter(path, architecture)
    writer.add_name(path.stem)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(model.config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(pooling)
    if architecture == "nomic-bert":
        writer.add_rope_freq_base(model.config.rope_parameters["rope_theta"])
    writer.add_tokenizer_model("bert")
    words = [f"\u2581w{i}" for i in range(VOCABULARY - 5)]
    writer.add_token_list(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])
    writer.add_token_types([3, 3, 3, 3, 3, *[1] * len(words)])
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    for name, data in tensors_of(model, architecture).items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(folder: Path) -> None:
    expected = {}
    for seed, (name, (kind, arguments, pooling)) in enumerate(MODELS.items()):
        config = getattr(transformers, f"{kind}Config")(**SHAPE, **arguments)
        model = getattr(transformers, f"{kind}Model")(config, add_pooling_layer=False)
        model.eval()
        randomise(model, seed)
        outputs = []
        with torch.no_grad():
            for tokens in TEXTS:
                outputs.append(model(torch.tensor([tokens])).last_hidden_state[0].numpy())
        path = folder / f"{name}.gguf"
        write_gguf(path, name, model, pooling)
        (folder / f"{name}.gguf.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        path.unlink()
        expected[name] = [base64.b64encode(o.astype("<f4").tobytes()).decode() for o in outputs]
        print(name, model.num_parameters(), f"output {outputs[0].std():.2f}", file=sys.stderr)
    made_by = {each: version(each) for each in ("torch", "transformers", "gguf", "numpy")}
    result = {"madeBy": made_by, "texts": TEXTS, "outputs": expected}
    (folder / "expected.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
