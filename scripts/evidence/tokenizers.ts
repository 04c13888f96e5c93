/**
 * Tokenizers: token ids of the corpus in test/oracle/tokenizer, computed, against those of
 * `tokenizers` and `sentencepiece`. Vocabularies that are committed are compared here; those that
 * test/full/tokenizers.test.ts fetches are in docs/evidence/tokenizers.json, which it writes.
 */
import { crc32 } from 'node:zlib';
import {
  createTokenizer,
  SUPPORTED_PRE_SPLITS,
  SUPPORTED_TOKENIZERS,
} from '../../src/engine/tokenizer/index.ts';
import type { TokenizerEvidence } from '../../test/full/tokenizers.test.ts';
import { differingTexts } from '../../test/oracle/tokenizer/compare.ts';
import {
  corpus,
  expected,
  familySums,
  familyVersions,
  ownVocabularies,
  sdistSums,
  smollm2Metadata,
} from '../../test/oracle/tokenizer/load.ts';
import { code, evidenceOf, share, table } from './table.ts';

/** `tokenizer.ggml.model` -> kind, families, the Python package that is its reference. */
const KINDS: Readonly<Record<string, readonly [string, string, 'tokenizers' | 'sentencepiece']>> = {
  gpt2: [
    'byte-level BPE',
    'Llama 3, Qwen 2 and 3, SmolLM2, Mistral Nemo, Granite, OLMo 2, GPT-2',
    'tokenizers',
  ],
  llama: [
    'SentencePiece BPE, byte fallback',
    'Llama 2, Mistral, Gemma 2 and 3, Phi-3',
    'sentencepiece',
  ],
  t5: ['SentencePiece unigram, character map', 'XLM-R, nomic-embed v2', 'sentencepiece'],
  bert: ['WordPiece', 'BERT, bge, MiniLM, nomic-embed v1', 'tokenizers'],
};

/** First name of a pre-split rule -> what the rule is. */
const RULES: Readonly<Record<string, string>> = {
  smollm: 'digits one by one, GPT-2',
  'command-r': 'the same, NFC',
  mpt: 'GPT-2, NFC',
  'gpt-2': 'GPT-2',
  'llama-bpe': 'Llama 3',
  dbrx: 'Llama 3, every word merged',
  qwen2: 'Qwen 2',
  stablelm2: 'Qwen 2 without NFC',
  qwen35: 'Qwen 3.5',
  tekken: 'Tekken',
  'gpt-4o': 'GPT-4o',
};

export interface Compared {
  vocabulary: string;
  /** `tokenizer.ggml.model`, and of byte-level BPE `tokenizer.ggml.pre`. */
  model: string;
  pre?: string;
  texts: number;
  differing: number;
}

/** SmolLM2's vocabulary under every rule with committed ids, and our own vocabularies. */
export function compareCommitted(): Compared[] {
  const texts = corpus();
  const { ordinary, checksums } = expected();
  const sums = new Map<string, ArrayLike<number>>(familySums());
  for (const rule of ['gpt-2', 'llama-bpe', 'qwen2']) sums.set(rule, checksums[`${rule} ordinary`]);
  sums.set(
    'smollm',
    ordinary.map((ids) => crc32(new Uint8Array(Uint32Array.from(ids).buffer))),
  );
  const own = ownVocabularies();
  return [...sums].map(([name, wanted]) => {
    const metadata = own.get(name) ?? smollm2Metadata({ 'tokenizer.ggml.pre': name });
    const differing = differingTexts(createTokenizer(metadata), { texts, sums: wanted }).length;
    const model = String(metadata.get('tokenizer.ggml.model'));
    const where = own.has(name)
      ? { vocabulary: `our ${name}` }
      : { vocabulary: 'SmolLM2', pre: name };
    return { ...where, model, texts: texts.length, differing };
  });
}

/** @throws Error that names a model of the code that nothing is compared with */
export function kindTable(
  compared: readonly Compared[],
  models: readonly string[] = SUPPORTED_TOKENIZERS,
): string {
  const versions = familyVersions();
  const rows = models.map((model) => {
    const what = `tokenizer ${model}`;
    const where = 'say in scripts/evidence/tokenizers.ts what it is';
    const [kind, families, reference] = evidenceOf(KINDS[model], what, where);
    const own = compared.filter((each) => each.model === model && !isOtherRule(each));
    const some = own.length > 0 ? own : undefined;
    const remedy = 'add a vocabulary to test/oracle/tokenizer/make-families.py';
    const cells = totals(evidenceOf(some, what, remedy));
    return [code(model), kind, families, `${code(reference)} ${versions[reference]}`, ...cells];
  });
  const head = [code('tokenizer.ggml.model'), 'kind', 'families', 'reference', 'vocabularies'];
  return table([...head, 'texts that differ'], rows);
}

/** Another rule than its own on SmolLM2's vocabulary: evidence for the rule alone. */
function isOtherRule({ vocabulary, pre }: Compared): boolean {
  return vocabulary === 'SmolLM2' && pre !== 'smollm';
}

function totals(compared: readonly Compared[]): [string, string] {
  const sum = (key: 'texts' | 'differing') => compared.reduce((all, each) => all + each[key], 0);
  return [
    [...new Set(compared.map(({ vocabulary }) => vocabulary))].join(', '),
    share(sum('differing'), sum('texts')),
  ];
}

/** @throws Error that names a pre-split rule of the code that nothing is compared with */
export function ruleTable(
  compared: readonly Compared[],
  rules: readonly (readonly string[])[] = SUPPORTED_PRE_SPLITS,
): string {
  const rows = rules.map((names) => {
    const what = `pre-split rule ${names[0]}`;
    const where = 'say in scripts/evidence/tokenizers.ts what it is';
    const rule = evidenceOf(RULES[names[0]], what, where);
    const found = compared.filter(({ pre }) => pre !== undefined && names.includes(pre));
    const remedy = 'add it to test/oracle/tokenizer/make-families.py';
    const cells = totals(evidenceOf(found.length > 0 ? found : undefined, what, remedy));
    return [rule, names.join(' '), ...cells];
  });
  const head = ['rule', `names in ${code('tokenizer.ggml.pre')}`, 'vocabularies'];
  return table([...head, 'texts that differ'], rows);
}

/**
 * What the full suite wrote.
 * @throws Error that names a vocabulary with committed sums of ids that it does not have
 */
export function fetchedTable(evidence: TokenizerEvidence | undefined): string {
  const remedy =
    'VITRINE_INTERNAL_EVIDENCE=docs/evidence/tokenizers.json node --test test/full/tokenizers.test.ts';
  const results = [...sdistSums().sums.keys()].map((name) => {
    const result = evidence?.results.find(({ vocabulary }) => vocabulary === name);
    return evidenceOf(result, `vocabulary ${name}`, remedy);
  });
  const rows = results.map(({ vocabulary, model, pre, texts, differing, ownTexts }) => [
    ...[vocabulary, model, pre ?? '', share(differing, texts)],
    ownTexts === 0 ? '' : share(0, ownTexts),
  ]);
  const head = ['vocabulary', 'model', 'rule', 'texts that differ', "of llama.cpp's own texts"];
  const { machine, packages, references } = evidence as TokenizerEvidence;
  const versions = Object.entries(references).map(([name, version]) => `${code(name)} ${version}`);
  return (
    `${table(head, rows)}\n${machine.date}, ${machine.cpu}, Node ${machine.node}; ` +
    `vocabularies of the PyPI packages ${packages.map(code).join(' and ')}, ids of ` +
    `${versions.join(' and ')}.\n`
  );
}
