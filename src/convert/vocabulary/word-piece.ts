/**
 * WordPiece: GGUF marks the beginnings of words, where the files mark their continuations: `word`
 * -> `▁word`, `##ing` -> `ing`. Readers lower the case and strip accents; a vocabulary that wants
 * its capitals is refused.
 */
import { convertError } from '../errors.ts';
import type { JsonObject } from '../model/json-file.ts';
import { type Token, TokenType, type Vocabulary } from './vocabulary.ts';

const IDS: Readonly<Record<string, string>> = {
  '[UNK]': 'unknown_token_id',
  '[CLS]': 'cls_token_id',
  '[SEP]': 'seperator_token_id',
  '[PAD]': 'padding_token_id',
  '[MASK]': 'mask_token_id',
};

/** @param tokenizer  the tokenizer.json, when that is where the tokens stand */
export function wordPieces(
  texts: ReadonlyMap<number, string>,
  tokenizer: JsonObject | undefined,
): Vocabulary {
  if (tokenizer?.object('normalizer')?.boolean('lowercase') === false) {
    throw convertError(
      'not-convertible',
      `${tokenizer.file} keeps capitals; readers of GGUF lower them, and would find other tokens`,
    );
  }
  const tokens = new Map<number, Token>();
  const ids = new Map<string, number>();
  for (const [id, text] of texts) {
    if (Object.hasOwn(IDS, text)) ids.set(IDS[text], id);
    if (/^\[.*\]$/.test(text) && text.length > 2) {
      tokens.set(id, { text, type: text === '[UNK]' ? TokenType.unknown : TokenType.control });
    } else if (text.startsWith('##')) {
      tokens.set(id, { text: text.slice(2), type: TokenType.normal });
    } else tokens.set(id, { text: `\u2581${text}`, type: TokenType.normal });
  }
  return { model: 'bert', pre: 'default', tokens, ids };
}

/** vocab.txt: a token a line. */
export function readVocabularyText(text: string): Map<number, string> {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.entries());
}
