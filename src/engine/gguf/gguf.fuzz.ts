/**
 * Fuzzes the header parser: valid files are mutated, and whatever comes must be a header whose
 * tensors lie in the file, a demand for more bytes, or a VitrineError of one line, soon and within
 * 64 times the memory of the input plus 1 MB.
 *
 *   node src/engine/gguf/gguf.fuzz.ts [rounds] [seed]
 */
import { isVitrineError } from '../../base/index.ts';
import { type GgufHeaderResult, parseGgufHeader } from './header.ts';
import type { TypedValue } from './metadata.ts';
import { writeGguf } from './write.ts';

export type HeaderParser = typeof parseGgufHeader;

export interface FuzzReport {
  /** How many rounds ended as a header, a demand, or an error of which code. */
  outcomes: Record<string, number>;
  /** Largest memory taken beyond 64 times the input, bytes; negative when always below. */
  excessBytesMax: number;
  slowestMs: number;
}

const CODES = ['not-gguf', 'truncated-file', 'bad-header', 'unsupported-tensor-type'];
/** Memory a parse may take: this many times its input, and a constant. */
const MEMORY_FACTOR = 64;
const MEMORY_SLACK_BYTES = 1024 * 1024;
/** One parse of a few kilobytes may take, milliseconds; far above any pause of a busy machine. */
const MS_MAX = 2000;

/**
 * Runs `rounds` mutated files; throws an Error that names seed and round at the first violation.
 */
export function fuzzHeaders(options: {
  seed: number;
  rounds: number;
  parse?: HeaderParser;
}): FuzzReport {
  const parse = options.parse ?? parseGgufHeader;
  const random = randomFrom(options.seed);
  const files = seedFiles();
  const report: FuzzReport = {
    outcomes: {},
    excessBytesMax: Number.NEGATIVE_INFINITY,
    slowestMs: 0,
  };
  for (let round = 0; round < options.rounds; round += 1) {
    const bytes = mutate(files[random(files.length)], random);
    // The file may be longer than what is given, also absurdly.
    const fileBytes = [bytes.length, bytes.length, bytes.length + random(4096), 2 ** 52][random(4)];
    try {
      const outcome = runOne(parse, bytes, fileBytes, report);
      report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      throw new Error(`fuzz: seed ${options.seed}, round ${round}: ${error}`, { cause: error });
    }
  }
  return report;
}

function runOne(
  parse: HeaderParser,
  bytes: Uint8Array,
  fileBytes: number,
  report: FuzzReport,
): string {
  const memoryBefore = memoryInUse();
  const startMs = performance.now();
  let outcome: string;
  try {
    const result = parse(bytes, { fileBytes });
    checkResult(result, bytes, fileBytes);
    outcome = result.kind;
  } catch (error) {
    if (!isVitrineError(error) || !CODES.includes(error.code)) throw error;
    if (/\n/.test(error.message) || error.message.length > 400) {
      throw new Error(`message not of one short line: ${error.message}`);
    }
    outcome = error.code;
  }
  const ms = performance.now() - startMs;
  // A collection in between makes this smaller, never larger.
  const excess = memoryInUse() - memoryBefore - MEMORY_FACTOR * bytes.length;
  report.slowestMs = Math.max(report.slowestMs, ms);
  report.excessBytesMax = Math.max(report.excessBytesMax, excess);
  if (ms > MS_MAX) throw new Error(`took ${ms} ms for ${bytes.length} bytes`);
  if (excess > MEMORY_SLACK_BYTES) throw new Error(`took ${excess} bytes of memory too many`);
  return outcome;
}

function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
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

function mutate(file: Uint8Array, random: (limit: number) => number): Uint8Array {
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
function spliced(bytes: Uint8Array, at: number, random: (limit: number) => number): Uint8Array {
  const stretch = bytes.slice(at, at + 1 + random(40));
  const longer = new Uint8Array(bytes.length + stretch.length);
  longer.set(bytes.subarray(0, at));
  longer.set(stretch, at);
  longer.set(bytes.subarray(at), at + stretch.length);
  return longer;
}

/** Numbers below a limit, from a seed of 32 bits (xorshift32 after a multiplication). */
function randomFrom(seed: number): (limit: number) => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

if (import.meta.main) {
  const [rounds = '100000', seed = String(Date.now() % 2 ** 32)] = process.argv.slice(2);
  console.log(`seed ${seed}, ${rounds} rounds`);
  console.log(fuzzHeaders({ seed: Number(seed), rounds: Number(rounds) }));
}
