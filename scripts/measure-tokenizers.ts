/**
 * Speed of the tokenizers on one core: English prose cold and warm, and one letter over and over in
 * growing lengths (no worse than n log n: the time for twice the text is at most a little over
 * twice). Times are of the thread's CPU. Prints a CRC-32 of the ids, so that two runs can be seen
 * to have done the same work.
 *
 *   node scripts/measure-tokenizers.ts [VOCABULARY.gguf ...]
 *
 * Without files: SmolLM2's vocabulary and those of test/oracle/tokenizer. The prose is made of the
 * words of the corpus there, drawn with the frequencies of natural language (Zipf), seeded.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { readGgufHeader } from '../src/engine/gguf/index.ts';
import { Random } from '../src/engine/kernels/index.ts';
import { createTokenizer, type VocabularyTokenizer } from '../src/engine/tokenizer/index.ts';
import { corpus, ownVocabularies, smollm2Metadata } from '../test/oracle/tokenizer/load.ts';

const PROSE_BYTES = 8_000_000;
const LETTERS = [250_000, 500_000, 1_000_000];

interface Measured {
  /** Megabytes a second, ids, CRC-32 of them. */
  readonly rate: number;
  readonly ids: number;
  readonly sum: string;
  readonly seconds: number;
}

function measure(tokenizer: VocabularyTokenizer, text: string): Measured {
  // Of this thread: what else runs on the machine does not count, collecting garbage does.
  const start = process.threadCpuUsage();
  const ids = tokenizer.encode(text, { unencodable: 'drop' });
  const used = process.threadCpuUsage(start);
  const seconds = (used.user + used.system) / 1e6;
  const sum = crc32(new Uint8Array(Uint32Array.from(ids).buffer))
    .toString(16)
    .padStart(8, '0');
  return { rate: Buffer.byteLength(text) / 1e6 / seconds, ids: ids.length, sum, seconds };
}

/** Sentences of ASCII words of the corpus; the word of rank r with a weight of 1 / (r + 3). */
function makeProse(bytes: number): string {
  const words = [
    ...new Set(
      corpus()
        .join(' ')
        .match(/\b[A-Za-z][a-z]{0,14}\b/g),
    ),
  ];
  const random = new Random(1);
  const parts: string[] = [];
  for (let length = 0; length < bytes; ) {
    const rank = Math.floor(3 * ((words.length + 3) / 3) ** (random.next() / 2 ** 32) - 3);
    const word = words[Math.min(rank, words.length - 1)];
    const end = random.next() / 2 ** 32 < 0.08 ? '. ' : random.next() / 2 ** 32 < 0.06 ? ', ' : ' ';
    parts.push(word, end);
    length += word.length + end.length;
  }
  return parts.join('');
}

async function fromFile(path: string): Promise<[string, Map<string, unknown>]> {
  const bytes = new Uint8Array(readFileSync(path));
  const read = async (length: number) => bytes.subarray(0, length);
  const { metadata } = await readGgufHeader(read, { fileBytes: bytes.length });
  return [basename(path), new Map<string, unknown>(metadata)];
}

const files = await Promise.all(process.argv.slice(2).map(fromFile));
const vocabularies: [string, Map<string, unknown>][] =
  files.length > 0 ? files : [['smollm2', smollm2Metadata()], ...ownVocabularies()];
const prose = makeProse(PROSE_BYTES);
console.log('vocabulary: load ms; MB/s cold, warm (CRC-32); seconds for n letters');
for (const [name, metadata] of vocabularies) {
  const start = performance.now();
  const tokenizer = createTokenizer(metadata);
  const loadMs = Math.round(performance.now() - start);
  const cold = measure(tokenizer, prose);
  const warm = measure(tokenizer, prose);
  const letters = LETTERS.map((count) => {
    const { seconds, sum } = measure(tokenizer, 'a'.repeat(count));
    return `${count}: ${seconds.toFixed(2)} (${sum})`;
  });
  const rates = `${cold.rate.toFixed(1)}, ${warm.rate.toFixed(1)} (${warm.sum})`;
  console.log(`${name}: ${loadMs}; ${rates}; ${letters.join(', ')}`);
}
