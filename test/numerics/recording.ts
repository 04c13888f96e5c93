/**
 * A recording: a memory image and the lists of kernel calls to run over it, so that whoever has a
 * WebAssembly engine, and nothing else of Vitrine, can replay it. Browser-safe.
 *
 *   u32 byte length of the header, little endian | header, JSON | image from address 0
 */
export interface RecordingHeader {
  /** The case set that it belongs to. */
  set: string;
  name: string;
  /** Size of the memory in pages of 64 KB; bytes past the image are zero. */
  pages: number;
  /** Run one after the other, by worker 0 of 1. */
  lists: { start: number; count: number }[];
  /** Addresses [from, to) whose bytes after the run are compared. */
  ranges: [from: number, to: number][];
  /** Logits that the run leaves, for the sampler: f32 [rows][vocabulary], rows `stride` apart. */
  logits?: { address: number; rows: number; stride: number; vocabulary: number };
}

export interface Recording extends RecordingHeader {
  image: Uint8Array;
}

/** @param memory  before the run; trailing zeros are left out */
export function formatRecording(header: RecordingHeader, memory: ArrayBuffer): Uint8Array {
  const words = new Uint32Array(memory);
  let used = words.length;
  while (used > 0 && words[used - 1] === 0) used -= 1;
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(4 + text.length + used * 4);
  new DataView(out.buffer).setUint32(0, text.length, true);
  out.set(text, 4);
  out.set(new Uint8Array(memory, 0, used * 4), 4 + text.length);
  return out;
}

export function parseRecording(bytes: Uint8Array): Recording {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(4, 4 + length));
  return { ...JSON.parse(text), image: bytes.subarray(4 + length) };
}
