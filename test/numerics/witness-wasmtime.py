"""A witness in Wasmtime: another compiler altogether, and none of Vitrine's TypeScript.

    python witness-wasmtime.py FOLDER MODULE[:deterministic]...

FOLDER holds recordings (recording.ts draws them). Prints a line of JSON for each module: SHA-256 of
what is left in memory, by case, by case set. `deterministic` fixes the results of relaxed SIMD.
"""

import hashlib
import json
import pathlib
import struct
import sys

import wasmtime


def replay(engine: wasmtime.Engine, module: wasmtime.Module, path: pathlib.Path):
    """The header of a recording, and the SHA-256 of its ranges after the run."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    store = wasmtime.Store(engine)
    limits = wasmtime.Limits(header["pages"], header["pages"])
    memory = wasmtime.Memory(store, wasmtime.MemoryType(limits))
    memory.write(store, data[4 + length :], 0)
    instance = wasmtime.Instance(store, module, [memory])
    run = instance.exports(store)["run"]
    for calls in header["lists"]:
        run(store, calls["start"], calls["count"], 0, 1)
    digest = hashlib.sha256()
    for start, end in header["ranges"]:
        digest.update(memory.read(store, start, end))
    return header, digest.hexdigest()


def main() -> None:
    folder, *modules = sys.argv[1:]
    for name in modules:
        path, _, setting = name.partition(":")
        config = wasmtime.Config()
        config.wasm_relaxed_simd = True
        config.wasm_relaxed_simd_deterministic = setting == "deterministic"
        engine = wasmtime.Engine(config)
        module = wasmtime.Module.from_file(engine, path)
        found: dict[str, dict[str, str]] = {}
        for recording in sorted(pathlib.Path(folder).iterdir()):
            header, digest = replay(engine, module, recording)
            found.setdefault(header["set"], {})[header["name"]] = digest
        print(json.dumps(found), flush=True)


main()
