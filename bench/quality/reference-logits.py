"""Logits of a text by transformers, over the dequantised weights of a GGUF file, in f32.

usage: reference-logits.py MODEL.gguf TOKENS.json OUT.f32

Writes f32 [tokens][vocabulary]: row i predicts token i + 1. TOKENS.json is a list of ids.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

model_path, tokens_path, out_path = map(Path, sys.argv[1:])
torch.set_num_threads(2)
model = AutoModelForCausalLM.from_pretrained(
    model_path.parent, gguf_file=model_path.name, dtype=torch.float32
).eval()
tokens = json.loads(tokens_path.read_text())
with torch.no_grad(), out_path.open("wb") as out:
    hidden = model.model(torch.tensor([tokens])).last_hidden_state[0]
    for start in range(0, len(tokens), 128):
        logits = model.lm_head(hidden[start : start + 128])
        out.write(logits.float().numpy().tobytes())
