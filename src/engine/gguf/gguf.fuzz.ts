/**
 * Fuzzer of the header parser: valid files are mutated, and whatever comes must be a header whose
 * tensors lie in the file, a demand for more bytes, or a VitrineError of one line.
 */
import type { Below, FuzzTarget } from '../../../test/fuzz/target.ts';
import { isVitrineError } from '../../base/index.ts';
import { type GgufHeaderResult, parseGgufHeader } from './header.ts';
import type { TypedValue } from './metadata.ts';
import { writeGguf } from './write.ts';

export type HeaderParser = typeof parseGgufHeader;

const CODES = ['not-gguf', 'truncated-file', 'bad-header', 'unsupported-tensor-type'];

/** @param parse  the parser under test; the canaries of the test hand in broken ones */
export function ggufTarget(parse: HeaderParser = parseGgufHeader): FuzzTarget {
  const files = seedFiles();
  return {
    name: 'gguf',
    weight: 30,
    memory: { multiple: 64, constantBytes: 1024 * 1024 },
    msMax: 2000,
    outcomes: ['header', 'need-bytes', 'not-gguf', 'truncated-file', 'bad-header'],
    make(random) {
      const bytes = mutate(files[random(files.length)], random);
      // The file may be longer than what is given, also absurdly.
      const fileBytes = [bytes.length, bytes.length, bytes.length + random(4096), 2 ** 52][
        random(4)
      ];
      return { inputBytes: bytes.length, run: () => runOne(parse, bytes, fileBytes) };
    },
  };
}

function runOne(parse: HeaderParser, bytes: Uint8Array, fileBytes: number): string {
  try {
    const result = parse(bytes, { fileBytes });
    checkResult(result, bytes, fileBytes);
    return result.kind;
  } catch (error) {
    if (!isVitrineError(error) || !CODES.includes(error.code)) throw error;
    if (error.message.includes('\n') || error.message.length > 400) {
      throw new Error(`a message not of one short line: ${error.message}`);
    }
    return error.code;
  }
}

function checkResult(result: GgufHeaderResult, bytes: Uint8Array, fileBytes: number): void {
  if (result.kind === 'need-bytes') {
    if (result.needBytes > bytes.length && result.needBytes <= fileBytes) return;
    throw new Error(`wants ${result.needBytes} bytes, has ${bytes.length} of ${fileBytes}`);
  }
  for (const { name, offsetBytes, sizeBytes } of result.header.tensors) {
    const fits = offsetBytes >= 24 && sizeBytes > 0 && offsetBytes + sizeBytes <= fileBytes;
    if (!fits) throw new Error(`tensor ${name} lies outside of the file`);
  }
}

/** Files to start from: every metadata type, several tensors, small enough to be hit everywhere. */
function seedFiles(): Uint8Array[] {
  const metadata = new Map<string, TypedValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.alignment', { type: 'u32', value: 32 }],
    ['u8', { type: 'u8', value: 1 }],
    ['u64', { type: 'u64', value: 2n ** 60n }],
    ['f64', { type: 'f64', value: 0.1 }],
    ['bool', { type: 'bool', value: true }],
    ['tokens', { type: 'array', elementType: 'string', value: ['', 'a', 'é', '日本', '😀'] }],
    ['scores', { type: 'array', elementType: 'f32', value: new Float32Array(5) }],
    ['flags', { type: 'array', elementType: 'bool', value: [true, false] }],
    ['big', { type: 'array', elementType: 'i64', value: [1, -1] }],
    [
      'nested',
      {
        type: 'array',
        elementType: 'array',
        value: [{ type: 'array', elementType: 'u16', value: new Uint16Array(3) }],
      },
    ],
  ]);
  const tensors = [
    { name: 'token_embd.weight', type: 'Q4_1', dims: [32, 4], data: new Uint8Array(80) },
    { name: 'blk.0.attn_q.weight', type: 'Q6_K', dims: [256, 1], data: new Uint8Array(210) },
    { name: 'norm', type: 'F32', dims: [8], data: new Uint8Array(32) },
  ] as const;
  return [
    writeGguf(metadata, tensors),
    writeGguf(metadata, [], { version: 2 }),
    writeGguf(new Map(), tensors, { alignment: 64 }),
  ];
}

const INTERESTING = [0n, 1n, 8n, 9n, 12n, 255n, 2n ** 16n, 2n ** 24n, 2n ** 31n, 2n ** 32n - 1n];
const INTERESTING_LONG = [...INTERESTING, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

function mutate(file: Uint8Array, random: Below): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (let count = 1 + random(4); count > 0; count -= 1) {
    const at = random(bytes.length);
    const view = new DataView(bytes.buffer);
    switch (random(7)) {
      case 0:
        bytes[at] ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2:
        if (at + 4 <= bytes.length) {
          view.setUint32(at, Number(INTERESTING[random(INTERESTING.length)]), true);
        }
        break;
      case 3:
        if (at + 8 <= bytes.length) {
          view.setBigUint64(at, INTERESTING_LONG[random(INTERESTING_LONG.length)], true);
        }
        break;
      case 4:
        if (random(4) === 0) bytes = bytes.slice(0, 1 + at);
        break;
      case 5:
        bytes.copyWithin(at, random(bytes.length), random(bytes.length));
        break;
      case 6:
        bytes = spliced(bytes, at, random);
        break;
    }
  }
  return bytes;
}

/** A stretch repeated in place: shifts everything behind it. */
function spliced(bytes: Uint8Array, at: number, random: Below): Uint8Array {
  const stretch = bytes.slice(at, at + 1 + random(40));
  const longer = new Uint8Array(bytes.length + stretch.length);
  longer.set(bytes.subarray(0, at));
  longer.set(stretch, at);
  longer.set(bytes.subarray(at), at + stretch.length);
  return longer;
}
