"""Tiny random models of every architecture, and what transformers computes with them.

    pip install torch transformers gguf numpy    (versions: madeBy in expected.json)
    python test/oracle/architectures/make-models.py test/oracle/architectures

For each model: `NAME.gguf.gz`, written with the package gguf in the names, layouts and keys that
llama.cpp's converter uses, F32; and its logits in `expected.json`. Weights have four bits, so that
the files are small. Sequences pass the sliding windows, the trained contexts and a KV page.
"""

import base64
import gzip
import json
import math
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import transformers
from gguf import GGUFWriter, RopeScalingType

WIDTH, FFN, HEADS, KV_HEADS, HEAD, VOCABULARY, LAYERS = 32, 32, 2, 1, 32, 32, 2
TOKENS = [(i * 37 + i * i * 5 + 11) % VOCABULARY for i in range(80)]
POSITIONS = [0, 1, 5, 15, 16, 17, 31, 40, 63, 64, 70, 79]
WINDOW = 12

COMMON = {
    "hidden_size": WIDTH,
    "intermediate_size": FFN,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "num_hidden_layers": LAYERS,
    "vocab_size": VOCABULARY,
    "rms_norm_eps": 1e-5,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
    "attn_implementation": "eager",
}
SHAPE = {**COMMON, "head_dim": HEAD}


def theta(base: float, **scaling) -> dict:
    return {"rope_type": "default", "rope_theta": base, **scaling}


LONG = [1.0 + 0.25 * i for i in range(12)]
SHORT = [1.0 + 0.01 * i for i in range(12)]
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}

# Name: (class of the configuration, its arguments).
MODELS = {
    "llama": ("Llama", {**SHAPE, "rope_parameters": theta(500.0)}),
    "llama-llama3": ("Llama", {**SHAPE, "rope_parameters": theta(500.0, **LLAMA3)}),
    "llama-linear": (
        "Llama",
        {**SHAPE, "rope_parameters": theta(500.0, rope_type="linear", factor=4.0)},
    ),
    "llama-yarn": ("Llama", {**SHAPE, "rope_parameters": theta(500.0, **YARN)}),
    "qwen2": ("Qwen2", {**SHAPE, "rope_parameters": theta(1e4)}),
    "qwen3": ("Qwen3", {**SHAPE, "rope_parameters": theta(1e4)}),
    "gemma2": (
        "Gemma2",
        {
            **SHAPE,
            "query_pre_attn_scalar": HEAD,
            "sliding_window": WINDOW,
            "attn_logit_softcapping": 3.0,
            "final_logit_softcapping": 4.0,
            "rope_parameters": theta(1e4),
        },
    ),
    "gemma3": (
        "Gemma3Text",
        {
            **SHAPE,
            "query_pre_attn_scalar": HEAD,
            "sliding_window": WINDOW,
            "layer_types": ["sliding_attention", "full_attention"],
            "rope_parameters": {
                "full_attention": theta(1e6, rope_type="linear", factor=4.0),
                "sliding_attention": theta(1e4),
            },
        },
    ),
    "olmo2": ("Olmo2", {**SHAPE, "rope_parameters": theta(1e4)}),
    "granite": (
        "Granite",
        {
            **COMMON,
            "hidden_size": 64,
            "embedding_multiplier": 3.0,
            "attention_multiplier": 0.1,
            "residual_multiplier": 0.4,
            "logits_scaling": 1.5,
            "rope_parameters": theta(1e4),
        },
    ),
    "phi3": (
        "Phi3",
        {
            **COMMON,
            "hidden_size": 64,
            "sliding_window": WINDOW,
            "max_position_embeddings": 256,
            "original_max_position_embeddings": 256,
            "rope_parameters": theta(1e4, partial_rotary_factor=0.75),
        },
    ),
    "phi3-longrope": (
        "Phi3",
        {
            **COMMON,
            "hidden_size": 64,
            "sliding_window": None,
            "max_position_embeddings": 256,
            "original_max_position_embeddings": 32,
            "rope_parameters": theta(
                1e4,
                rope_type="longrope",
                partial_rotary_factor=0.75,
                long_factor=LONG,
                short_factor=SHORT,
                original_max_position_embeddings=32,
            ),
        },
    ),
}


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Four bits a weight; scores, activations and logits come out of the size of 1."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            codes = rng.integers(-7, 8, tuple(parameter.shape))
            values = codes / 16
            if "norm" in name:
                values = codes / 16 + (0 if isinstance_gemma(model) else 1)
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))


def isinstance_gemma(model: torch.nn.Module) -> bool:
    return type(model).__name__.startswith("Gemma")


def permuted(weights: np.ndarray, heads: int) -> np.ndarray:
    """As llama.cpp's converter: pairs (i, i + D/2) of a head become neighbours."""
    rows, columns = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


TENSORS = {
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.q_proj.bias": "attn_q.bias",
    "self_attn.k_proj.bias": "attn_k.bias",
    "self_attn.v_proj.bias": "attn_v.bias",
    "self_attn.qkv_proj.weight": "attn_qkv.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "self_attn.q_norm.weight": "attn_q_norm.weight",
    "self_attn.k_norm.weight": "attn_k_norm.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.gate_up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
    "input_layernorm.weight": "attn_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "post_feedforward_layernorm.weight": "post_ffw_norm.weight",
    "pre_feedforward_layernorm.weight": "ffn_norm.weight",
}


def tensor_name(architecture: str, name: str) -> str:
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    if name == "lm_head.weight":
        return "output.weight"
    _, _, layer, rest = name.split(".", 3)
    # The norm after attention goes by the name of the norm before the feed-forward in Llama.
    has_post = architecture in ("gemma2", "gemma3", "olmo2")
    if has_post and rest == "post_attention_layernorm.weight":
        return f"blk.{layer}.post_attention_norm.weight"
    return f"blk.{layer}.{TENSORS[rest]}"


def llama3_factors(rope: dict) -> np.ndarray:
    """As llama.cpp's converter: divisors of the frequencies."""
    old, low, high = (
        rope["original_max_position_embeddings"],
        rope["low_freq_factor"],
        rope["high_freq_factor"],
    )
    factors = []
    for i in range(HEAD // 2):
        wavelength = 2 * math.pi * rope["rope_theta"] ** (2 * i / HEAD)
        if wavelength < old / high:
            factors.append(1.0)
        elif wavelength > old / low:
            factors.append(rope["factor"])
        else:
            smooth = (old / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def write_gguf(path: Path, architecture: str, model: torch.nn.Module, arguments: dict) -> None:
    config = model.config
    writer = GGUFWriter(path, architecture)
    writer.add_name(path.stem)
    writer.add_context_length(256)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if "head_dim" in arguments:
        writer.add_key_length(HEAD)
        writer.add_value_length(HEAD)
    rope = arguments["rope_parameters"]
    add_rope(writer, architecture, rope.get("full_attention", rope), arguments)
    if "sliding_window" in arguments:
        writer.add_sliding_window(arguments["sliding_window"] or 0)
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if architecture == "gemma3":
        writer.add_sliding_window_pattern([True, False])
    if architecture == "granite":
        writer.add_embedding_scale(config.embedding_multiplier)
        writer.add_attention_scale(config.attention_multiplier)
        writer.add_residual_scale(config.residual_multiplier)
        writer.add_logit_scale(config.logits_scaling)
    for name, parameter in model.named_parameters():
        data = parameter.detach().numpy().copy()
        if architecture in ("llama", "granite") and ".q_proj." in name:
            data = permuted(data, HEADS)
        if architecture in ("llama", "granite") and ".k_proj." in name:
            data = permuted(data, KV_HEADS)
        if isinstance_gemma(model) and "norm" in name:
            data += 1
        writer.add_tensor(tensor_name(architecture, name), data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_rope(writer: GGUFWriter, architecture: str, rope: dict, arguments: dict) -> None:
    partial = rope.get("partial_rotary_factor", 1)
    writer.add_rope_dimension_count(int(HEAD * partial))
    writer.add_rope_freq_base(rope["rope_theta"])
    kind = rope["rope_type"]
    if kind == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(rope))
    if kind in ("linear", "yarn"):
        writer.add_rope_scaling_type(RopeScalingType(kind))
        writer.add_rope_scaling_factor(rope["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if kind == "longrope":
        old, new = rope["original_max_position_embeddings"], arguments["max_position_embeddings"]
        writer.add_rope_scaling_type(RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(old)
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(new / old) / math.log(old)))
        writer.add_tensor("rope_factors_long.weight", np.array(LONG, dtype=np.float32))
        writer.add_tensor("rope_factors_short.weight", np.array(SHORT, dtype=np.float32))


def main(folder: Path) -> None:
    expected = {}
    for seed, (name, (kind, arguments)) in enumerate(MODELS.items()):
        architecture = name.split("-")[0]
        arguments = {"max_position_embeddings": 256, **arguments}
        config = getattr(transformers, f"{kind}Config")(**arguments)
        model = getattr(transformers, f"{kind.replace('Text', '')}ForCausalLM")(config)
        model.eval()
        randomise(model, seed)
        with torch.no_grad():
            logits = model(torch.tensor([TOKENS])).logits[0].numpy()
        path = folder / f"{name}.gguf"
        write_gguf(path, architecture, model, arguments)
        (folder / f"{name}.gguf.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        path.unlink()
        rows = logits[POSITIONS].astype("<f4")
        expected[name] = base64.b64encode(rows.tobytes()).decode()
        print(name, model.num_parameters(), f"logits {logits.std():.2f}", file=sys.stderr)
    made_by = {each: version(each) for each in ("torch", "transformers", "gguf", "numpy")}
    result = {"madeBy": made_by, "tokens": TOKENS, "positions": POSITIONS, "logits": expected}
    (folder / "expected.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
