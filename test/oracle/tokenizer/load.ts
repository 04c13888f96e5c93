/** Reads the fixtures of this folder, for the tests of the tokenizer and of chat templates. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Expected {
  /** Version of Hugging Face `tokenizers`. */
  tokenizers: string;
  /** Ids of each corpus text with special tokens as ordinary text. */
  ordinary: number[][];
  /** Index of a text -> ids with special tokens parsed, where they differ from `ordinary`. */
  parsed: Record<string, number[]>;
  /** "rule mode" -> CRC-32 of the ids (u32, little-endian) of each text. */
  checksums: Record<string, number[]>;
  overlaps: {
    words: string[];
    /** Text, and the matches in it: word, start, end. */
    cases: [string, [string, number, number][]][];
  };
}

/** Metadata of SmolLM2-135M-Instruct as a GGUF reader gives it, with `changes` on top. */
export function smollm2Metadata(changes: Record<string, unknown> = {}): Map<string, unknown> {
  return new Map(Object.entries({ ...(read('smollm2-vocabulary.json.gz') as object), ...changes }));
}

export function corpus(): string[] {
  return read('corpus.json.gz') as string[];
}

export function expected(): Expected {
  return read('expected.json.gz') as Expected;
}

/** Metadata of the vocabularies that make-families.py trained, by name. */
export function ownVocabularies(): Map<string, Map<string, unknown>> {
  const all = read('own-vocabularies.json.gz') as Record<string, object>;
  const asMap = (fields: object) => new Map<string, unknown>(Object.entries(fields));
  return new Map(Object.entries(all).map(([name, fields]) => [name, asMap(fields)]));
}

/** Versions of the Python packages that gave the ids. */
export interface Versions {
  tokenizers: string;
  sentencepiece: string;
}

/** Of `familySums`. */
export function familyVersions(): Versions {
  return versionsOf(read('families-expected.json.gz'));
}

/** Family -> CRC-32 of the ids of each corpus text. */
export function familySums(): Map<string, Uint32Array> {
  return sumsOf(read('families-expected.json.gz'));
}

/** The same for llama.cpp's vocabularies, with the SHA-256 of their files. */
export function sdistSums(): {
  sums: Map<string, Uint32Array>;
  sha256: Record<string, string>;
  versions: Versions;
} {
  const expected = read('sdist-expected.json.gz') as { sha256: Record<string, string> };
  return { sums: sumsOf(expected), sha256: expected.sha256, versions: versionsOf(expected) };
}

function versionsOf(expected: unknown): Versions {
  const { tokenizers, sentencepiece } = expected as Versions;
  return { tokenizers, sentencepiece };
}

function sumsOf(expected: unknown): Map<string, Uint32Array> {
  const { sums } = expected as { sums: Record<string, string> };
  return new Map(
    Object.entries(sums).map(([family, base64]) => {
      const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
      return [family, new Uint32Array(bytes.buffer)];
    }),
  );
}

function read(name: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(new URL(name, import.meta.url))).toString('utf8'));
}
