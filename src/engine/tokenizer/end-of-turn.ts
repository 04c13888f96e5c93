/**
 * Which tokens end a turn: EOS, EOT and EOM of the file, and tokens whose text is known to end one,
 * the way llama.cpp collects its end-of-generation set (files often name only one of several).
 * Unlike llama.cpp's, the set has no fill-in-the-middle separators: they end no chat turn.
 */
import type { TokenizerMetadata } from './metadata.ts';
import { TokenType } from './metadata.ts';

/** Texts of tokens that end a turn in some family of models. */
export const END_OF_TURN_TEXTS: readonly string[] = [
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<end_of_turn>',
  '<end_of_utterance>',
  '</s>',
  '<EOT>',
  '[EOT]',
  '[EOS]',
  '<eos>',
];

/** Ascending. */
export function endOfTurnIds(
  metadata: TokenizerMetadata,
  ids: ReadonlyMap<string, number>,
  types: Int32Array,
): number[] {
  const found = new Set<number>(metadata.turnIds);
  if (metadata.eosId !== undefined) found.add(metadata.eosId);
  for (const text of END_OF_TURN_TEXTS) {
    const id = ids.get(text);
    if (id !== undefined && types[id] === TokenType.control) found.add(id);
  }
  // In the Harmony format <|end|> ends a message and not the turn.
  const end = ids.get('<|end|>');
  if (end !== undefined && ids.has('<|return|>') && ids.has('<|call|>')) found.delete(end);
  return [...found].sort((a, b) => a - b);
}
