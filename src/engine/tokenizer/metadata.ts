/**
 * Reads `tokenizer.ggml.*` of a GGUF file into typed, bounded fields. The file is untrusted: every
 * type, length and id is checked here, and what passes can be indexed without further thought.
 * What the fields mean together is checked in vocabulary.ts.
 */
import { VitrineError } from '../../base/index.ts';
import { SPLIT_RULES, type SplitRule } from './pre-split.ts';
import type { TokenizerErrorCode } from './types.ts';

/** Vocabularies in use have at most 262,208 entries. */
export const VOCABULARY_MAX = 1 << 20;
const MERGES_MAX = 1 << 22;
/** UTF-16 units; the longest tokens in use (runs of white space) have a few hundred. */
const TOKEN_UNITS_MAX = 8192;

/** `tokenizer.ggml.model`: byte-level BPE, SentencePiece BPE, SentencePiece unigram, WordPiece. */
export type TokenizerModel = 'gpt2' | 'llama' | 't5' | 'bert';

/** What every kind of vocabulary has. */
export interface TokenizerMetadata {
  readonly model: TokenizerModel;
  readonly tokens: readonly string[];
  /** [vocabulary], see TokenType; all normal when the file has none. */
  readonly types: Int32Array;
  readonly hasTypes: boolean;
  readonly bosId?: number;
  readonly eosId?: number;
  readonly unknownId?: number;
  /** eot and eom ids, where the file names them. */
  readonly turnIds: readonly number[];
  readonly addBos: boolean;
  readonly addEos: boolean;
}

/** What byte-level BPE has besides. */
export interface BytePairMetadata extends TokenizerMetadata {
  readonly rule: SplitRule;
  readonly merges: readonly string[];
}

interface ModelDefaults {
  readonly bosId?: number;
  readonly eosId?: number;
  readonly unknownId?: number;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

/** What a file means that does not say, as llama.cpp has it. */
const DEFAULTS: Record<TokenizerModel, ModelDefaults> = {
  gpt2: { addBos: false, addEos: false },
  llama: { bosId: 1, eosId: 2, unknownId: 0, addBos: true, addEos: false },
  t5: { eosId: 1, unknownId: 2, addBos: false, addEos: true },
  bert: { bosId: 101, eosId: 102, unknownId: 100, addBos: true, addEos: true },
};

/** `tokenizer.ggml.token_type` of the GGUF specification. */
export const TokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

/** @throws VitrineError unsupported-tokenizer */
export function readModel(metadata: ReadonlyMap<string, unknown>): TokenizerModel {
  const model = metadata.get('tokenizer.ggml.model');
  if (typeof model === 'string' && Object.hasOwn(DEFAULTS, model)) return model as TokenizerModel;
  throw new VitrineError<TokenizerErrorCode>(
    'unsupported-tokenizer',
    `expected the tokenizer model to be one of ${Object.keys(DEFAULTS).join(', ')}, ` +
      `got ${show(model)}; use a model with such a vocabulary.`,
  );
}

/** @throws VitrineError unsupported-tokenizer, bad-header */
export function readBytePairMetadata(metadata: ReadonlyMap<string, unknown>): BytePairMetadata {
  const rule = readRule(metadata.get('tokenizer.ggml.pre'));
  const merges = strings(metadata, 'merges', MERGES_MAX);
  return { ...readMetadata(metadata, rule.addBos), rule, merges };
}

/**
 * @param addsBos  the pre-split rule's wish, for files that do not say
 * @throws VitrineError unsupported-tokenizer, bad-header
 */
export function readMetadata(
  metadata: ReadonlyMap<string, unknown>,
  addsBos = false,
): TokenizerMetadata {
  const model = readModel(metadata);
  const defaults = DEFAULTS[model];
  const tokens = strings(metadata, 'tokens', VOCABULARY_MAX);
  const types = readTypes(metadata, tokens.length);
  const id = (...keys: string[]) => {
    const found = keys.map((key) => readId(metadata, key, tokens.length));
    return found.find((value) => value !== undefined);
  };
  /** The default holds only where the file names no id and the vocabulary reaches so far. */
  const idOr = (fallback: number | undefined, ...keys: string[]) =>
    id(...keys) ??
    (fallback !== undefined && fallback < tokens.length && !keys.some((key) => has(metadata, key))
      ? fallback
      : undefined);
  id('padding_token_id');
  // A WordPiece text stands between [CLS] and [SEP]; the key's spelling is llama.cpp's.
  const isBert = model === 'bert';
  const bosId = isBert
    ? idOr(defaults.bosId, 'cls_token_id', 'bos_token_id')
    : idOr(defaults.bosId, 'bos_token_id');
  const eosId = isBert
    ? idOr(defaults.eosId, 'seperator_token_id', 'separator_token_id', 'eos_token_id')
    : idOr(defaults.eosId, 'eos_token_id');
  const wantsBos = (defaults.addBos || addsBos) && bosId !== undefined;
  const addBos = readFlag(metadata, 'add_bos_token') ?? wantsBos;
  const addEos =
    readFlag(metadata, isBert ? 'add_sep_token' : 'add_eos_token') ??
    (defaults.addEos && eosId !== undefined);
  if (addBos && bosId === undefined) throw corrupt('add_bos_token is set without a bos_token_id');
  if (addEos && eosId === undefined) throw corrupt('add_eos_token is set without an eos_token_id');
  return {
    model,
    tokens,
    types: types ?? new Int32Array(tokens.length).fill(TokenType.normal),
    hasTypes: types !== undefined,
    bosId,
    eosId,
    unknownId: idOr(defaults.unknownId, 'unknown_token_id'),
    turnIds: [id('eot_token_id'), id('eom_token_id')].filter((value) => value !== undefined),
    addBos,
    addEos,
  };
}

/**
 * One finite score a token.
 *
 * @returns f32 [vocabulary]
 * @throws VitrineError bad-header
 */
export function readScores(
  metadata: ReadonlyMap<string, unknown>,
  vocabularySize: number,
): Float32Array {
  const value = metadata.get('tokenizer.ggml.scores');
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw corrupt(`expected scores to be a list of numbers, got ${show(value)}`);
  }
  const list = value as ArrayLike<unknown>;
  if (list.length !== vocabularySize) {
    throw corrupt(`expected ${vocabularySize} scores, one a token, got ${list.length}`);
  }
  const scores = new Float32Array(vocabularySize);
  for (let i = 0; i < vocabularySize; i += 1) {
    scores[i] = Number(list[i]);
    if (typeof list[i] !== 'number' || !Number.isFinite(scores[i])) {
      throw corrupt(`expected scores[${i}] to be a finite number, got ${show(list[i])}`);
    }
  }
  return scores;
}

/**
 * The error for a vocabulary that contradicts itself; `problem` says what was expected and came.
 */
export function corrupt(problem: string): VitrineError<TokenizerErrorCode> {
  return new VitrineError(
    'bad-header',
    `the tokenizer in the model file is corrupt: ${problem}; fetch the file again or ` +
      'convert it anew.',
  );
}

function readRule(pre: unknown): SplitRule {
  const rule = typeof pre === 'string' ? SPLIT_RULES.get(pre) : undefined;
  if (rule === undefined) {
    throw new VitrineError<TokenizerErrorCode>(
      'unsupported-tokenizer',
      `expected tokenizer.ggml.pre to be one of ${[...SPLIT_RULES.keys()].join(', ')}, ` +
        `got ${show(pre)}; another rule would give wrong tokens, so none is guessed.`,
    );
  }
  return rule;
}

function strings(metadata: ReadonlyMap<string, unknown>, key: string, max: number): string[] {
  const value = metadata.get(`tokenizer.ggml.${key}`);
  if (!Array.isArray(value))
    throw corrupt(`expected ${key} to be a list of texts, got ${show(value)}`);
  if (value.length === 0 && key === 'tokens') throw corrupt('expected tokens, got an empty list');
  if (value.length > max) throw corrupt(`expected at most ${max} ${key}, got ${value.length}`);
  for (let i = 0; i < value.length; i += 1) {
    const text: unknown = value[i];
    if (typeof text !== 'string' || text.length === 0 || text.length > TOKEN_UNITS_MAX) {
      const got = typeof text === 'string' ? `one of length ${text.length}` : show(text);
      throw corrupt(
        `expected ${key}[${i}] to be a text of 1 to ${TOKEN_UNITS_MAX} units, got ${got}`,
      );
    }
  }
  return value as string[];
}

function readTypes(
  metadata: ReadonlyMap<string, unknown>,
  vocabularySize: number,
): Int32Array | undefined {
  const value = metadata.get('tokenizer.ggml.token_type');
  if (value === undefined) return undefined;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw corrupt(`expected token_type to be a list of numbers, got ${show(value)}`);
  }
  const list = value as ArrayLike<unknown>;
  if (list.length !== vocabularySize) {
    throw corrupt(`expected ${vocabularySize} token types, one a token, got ${list.length}`);
  }
  const types = new Int32Array(vocabularySize);
  for (let i = 0; i < vocabularySize; i += 1) {
    const type = Number(list[i]);
    if (!Number.isInteger(type) || type < TokenType.normal || type > TokenType.byte) {
      throw corrupt(`expected token_type[${i}] to be 1 to 6, got ${show(list[i])}`);
    }
    types[i] = type;
  }
  return types;
}

function readId(
  metadata: ReadonlyMap<string, unknown>,
  key: string,
  vocabularySize: number,
): number | undefined {
  const value = metadata.get(`tokenizer.ggml.${key}`);
  if (value === undefined) return undefined;
  const id = typeof value === 'bigint' ? Number(value) : value;
  // Converters write -1 (4294967295 as u32) for "none".
  if (id === -1 || id === 0xffffffff) return undefined;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabularySize) {
    throw corrupt(`expected ${key} to be 0 to ${vocabularySize - 1}, got ${show(value)}`);
  }
  return id;
}

function has(metadata: ReadonlyMap<string, unknown>, key: string): boolean {
  return metadata.has(`tokenizer.ggml.${key}`);
}

/** @throws VitrineError bad-header */
export function readFlag(metadata: ReadonlyMap<string, unknown>, key: string): boolean | undefined {
  const value = metadata.get(`tokenizer.ggml.${key}`);
  if (value === undefined || typeof value === 'boolean') return value;
  throw corrupt(`expected ${key} to be true or false, got ${show(value)}`);
}

/** A value for a message: short, on one line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  return String(value);
}
