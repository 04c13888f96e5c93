/** A vocabulary on its way to GGUF: tokens by id with score and type, and what text is cut by. */
import type { TypedValue } from '../../engine/gguf/index.ts';
import { bool, text } from '../plan.ts';

/** `tokenizer.ggml.token_type` of the GGUF specification. */
export const TokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

export interface Token {
  readonly text: string;
  readonly type: number;
  readonly score?: number;
}

export interface Vocabulary {
  /** `tokenizer.ggml.model` */
  readonly model: 'gpt2' | 'llama' | 't5' | 'bert';
  readonly pre: string;
  /** By id, with holes. */
  readonly tokens: Map<number, Token>;
  readonly merges?: readonly string[];
  readonly addSpacePrefix?: boolean;
  readonly removeExtraWhitespaces?: boolean;
  readonly charsMap?: Uint8Array;
  /** Keys of special ids that the vocabulary itself names. */
  readonly ids?: ReadonlyMap<string, number>;
}

/** An entry of added_tokens or added_tokens_decoder. */
export interface AddedToken {
  readonly id: number;
  readonly text: string;
  readonly isSpecial: boolean;
}

/**
 * Tokens that a file forgets to call special, as llama.cpp's converter has it: text of users must
 * not become them.
 */
const LOOKS_SPECIAL = /^(<\|.*\|>|<｜.*｜>|<(pad|mask|unused\d+|start_of_turn|end_of_turn)>)$/s;

/** Puts added tokens over the vocabulary's own. */
export function withAdded(tokens: Map<number, Token>, added: readonly AddedToken[]): void {
  for (const { id, text: content, isSpecial } of added) {
    const own = tokens.get(id);
    // What the vocabulary itself calls unknown or a byte stays so.
    if (own?.type === TokenType.unknown || own?.type === TokenType.byte) continue;
    const isControl = isSpecial || LOOKS_SPECIAL.test(content);
    tokens.set(id, {
      text: isControl ? content : content.replaceAll('\u2581', ' '),
      type: isControl ? TokenType.control : TokenType.userDefined,
      score: -1000,
    });
  }
}

export interface Laid {
  readonly metadata: [string, TypedValue][];
  /** Tokens beyond the rows of the embedding. */
  readonly dropped: readonly string[];
}

/** The vocabulary as metadata, as many tokens as the embedding has rows. */
export function layOut(vocabulary: Vocabulary, size: number): Laid {
  const texts: string[] = [];
  const types = new Int32Array(size);
  const scores = new Float32Array(size);
  for (let id = 0; id < size; id += 1) {
    const token = vocabulary.tokens.get(id);
    texts.push(token?.text ?? `[PAD${id}]`);
    types[id] = token?.type ?? TokenType.unused;
    scores[id] = token === undefined ? -10000 : (token.score ?? 0);
  }
  const metadata: [string, TypedValue][] = [
    ['tokenizer.ggml.model', text(vocabulary.model)],
    ['tokenizer.ggml.pre', text(vocabulary.pre)],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', value: texts }],
  ];
  if (vocabulary.model === 'llama' || vocabulary.model === 't5') {
    metadata.push(['tokenizer.ggml.scores', { type: 'array', elementType: 'f32', value: scores }]);
  }
  metadata.push(['tokenizer.ggml.token_type', { type: 'array', elementType: 'i32', value: types }]);
  const { merges, addSpacePrefix, removeExtraWhitespaces, charsMap } = vocabulary;
  if (merges !== undefined) {
    metadata.push([
      'tokenizer.ggml.merges',
      { type: 'array', elementType: 'string', value: merges },
    ]);
  }
  if (addSpacePrefix !== undefined) {
    metadata.push(['tokenizer.ggml.add_space_prefix', bool(addSpacePrefix)]);
  }
  if (removeExtraWhitespaces !== undefined) {
    metadata.push(['tokenizer.ggml.remove_extra_whitespaces', bool(removeExtraWhitespaces)]);
  }
  if (charsMap !== undefined && charsMap.length > 0) {
    const value = Uint8Array.from(charsMap);
    metadata.push([
      'tokenizer.ggml.precompiled_charsmap',
      { type: 'array', elementType: 'u8', value },
    ]);
  }
  const dropped = [...vocabulary.tokens]
    .filter(([id]) => id >= size)
    .map(([, token]) => token.text);
  return { metadata, dropped };
}
