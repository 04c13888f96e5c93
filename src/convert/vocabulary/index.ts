/** The tokenizer of a model folder as GGUF metadata. */
import { join } from 'node:path';
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError, quoted } from '../errors.ts';
import { type JsonObject, readBounded, readJson } from '../model/json-file.ts';
import { readSentencePiece } from './sentencepiece.ts';
import { specialMetadata, templateMetadata } from './special.ts';
import { addedTokens, isByteLevel, readTokenizerJson } from './tokenizer-json.ts';
import { type AddedToken, layOut, type Vocabulary, withAdded } from './vocabulary.ts';
import { readVocabularyText, wordPieces } from './word-piece.ts';

export interface VocabularyOptions {
  /** Rows of the embedding. */
  readonly size: number;
  /** `tokenizer.ggml.pre`, when it is not to be told from the file. */
  readonly preSplit?: string;
  /** config.json */
  readonly config: JsonObject;
}

export interface VocabularyMetadata {
  readonly metadata: readonly [string, TypedValue][];
  readonly notes: readonly string[];
}

/** @throws VitrineError bad-source, bad-config, not-convertible */
export async function readVocabulary(
  folder: string,
  options: VocabularyOptions,
): Promise<VocabularyMetadata> {
  const at = (name: string) => join(folder, name);
  const tokenizer = await readJson(at('tokenizer.json'));
  const tokenizerConfig = await readJson(at('tokenizer_config.json'));
  const vocabulary = await readTokens(folder, tokenizer, options.preSplit);
  // Before added tokens replace texts: what the configuration names is what the files write.
  const ids = new Map<string, number>();
  for (const [id, { text }] of vocabulary.tokens) if (!ids.has(text)) ids.set(text, id);
  const added = [
    ...addedOf(await readJson(at('added_tokens.json'))),
    ...(tokenizer === undefined ? [] : addedTokens(tokenizer)),
    ...decoderOf(tokenizerConfig),
  ];
  for (const { id, text } of added) ids.set(text, id);
  if (vocabulary.model === 'bert') {
    for (const [id, { text }] of vocabulary.tokens) if (text.startsWith('[')) ids.set(text, id);
  } else withAdded(vocabulary.tokens, added);
  const { metadata, dropped } = layOut(vocabulary, options.size);
  const notes =
    dropped.length === 0
      ? []
      : [
          `${dropped.length} tokens have no row in the embedding and are left out: ` +
            dropped.slice(0, 3).map(quoted).join(', '),
        ];
  metadata.push(
    ...specialMetadata({
      ...{ tokenizerConfig, tokenizer, config: options.config, ids: vocabulary.ids },
      specialTokens: await readJson(at('special_tokens_map.json')),
      generation: await readJson(at('generation_config.json')),
      idOf: (text) => ids.get(text),
      vocabularySize: options.size,
    }),
    ...templateMetadata((await readBounded(at('chat_template.jinja')))?.toString('utf8'), [
      await readJson(at('chat_template.json')),
      tokenizerConfig,
    ]),
  );
  return { metadata, notes };
}

async function readTokens(
  folder: string,
  tokenizer: JsonObject | undefined,
  preSplit: string | undefined,
): Promise<Vocabulary> {
  if (tokenizer !== undefined && isByteLevel(tokenizer)) {
    return readTokenizerJson(tokenizer, preSplit);
  }
  const model = await readBounded(join(folder, 'tokenizer.model'));
  const pieces = model === undefined ? undefined : readSentencePiece(model);
  if (pieces !== undefined) return pieces;
  if (tokenizer !== undefined) return readTokenizerJson(tokenizer, preSplit);
  const words = await readBounded(join(folder, 'vocab.txt'));
  if (words !== undefined) return wordPieces(readVocabularyText(words.toString('utf8')), undefined);
  throw convertError(
    'bad-source',
    `${folder} has no tokenizer that is read: expected tokenizer.json, tokenizer.model of ` +
      'SentencePiece, or vocab.txt',
  );
}

/** added_tokens.json: text -> id. */
function addedOf(object: JsonObject | undefined): AddedToken[] {
  return (object?.keys ?? []).map((text) => ({
    ...{ text, isSpecial: false },
    id: (object as JsonObject).needSize(text),
  }));
}

/** added_tokens_decoder of tokenizer_config.json: id -> token. */
function decoderOf(config: JsonObject | undefined): AddedToken[] {
  const decoder = config?.object('added_tokens_decoder');
  return (decoder?.keys ?? []).map((key) => {
    const entry = (decoder as JsonObject).object(key) as JsonObject;
    return {
      id: Number(key),
      text: entry.string('content') ?? '',
      isSpecial: entry.boolean('special') === true,
    };
  });
}
