/**
 * tokenizer.model of SentencePiece: the few fields of its protobuf message that a vocabulary needs.
 * Spec: sentencepiece_model.proto of google/sentencepiece. Its types of pieces have the numbers of
 * GGUF's.
 */
import { convertError } from '../errors.ts';
import type { Token, Vocabulary } from './vocabulary.ts';

const PIECE_COUNT_MAX = 1 << 20;

/** Fields of ModelProto, TrainerSpec, NormalizerSpec, SentencePiece. */
const MODEL = { piece: 1, trainer: 2, normalizer: 3 };
const TRAINER = { modelType: 3, unknownId: 40, bosId: 41, eosId: 42, padId: 43 };
const NORMALIZER = { charsMap: 2, addsPrefix: 3, removesSpaces: 4 };
const PIECE = { text: 1, score: 2, type: 3 };

const UNIGRAM = 1;
const BPE = 2;

/** undefined: it is no such message (a tiktoken file has the same name). */
export function readSentencePiece(bytes: Buffer): Vocabulary | undefined {
  let fields: Field[];
  try {
    fields = readFields(bytes);
  } catch {
    return undefined;
  }
  const tokens = new Map<number, Token>();
  for (const { id, value } of fields) {
    if (id === MODEL.piece && Buffer.isBuffer(value)) tokens.set(tokens.size, readPiece(value));
  }
  const trainer = nested(fields, MODEL.trainer);
  const normalizer = nested(fields, MODEL.normalizer);
  if (tokens.size === 0) return undefined;
  if (tokens.size > PIECE_COUNT_MAX) throw bad(`has ${tokens.size} pieces`);
  const kind = numberOf(trainer, TRAINER.modelType) ?? UNIGRAM;
  if (kind !== UNIGRAM && kind !== BPE)
    throw bad(`is of model type ${kind}; expected BPE or unigram`);
  const addSpacePrefix = numberOf(normalizer, NORMALIZER.addsPrefix) !== 0;
  const isUnigram = kind === UNIGRAM;
  const charsMap = normalizer.find(({ id }) => id === NORMALIZER.charsMap)?.value;
  const ids = new Map<string, number>();
  for (const [key, field, fallback] of [
    ['unknown_token_id', TRAINER.unknownId, 0],
    ['bos_token_id', TRAINER.bosId, 1],
    ['eos_token_id', TRAINER.eosId, 2],
    ['padding_token_id', TRAINER.padId, -1],
  ] as const) {
    const id = numberOf(trainer, field) ?? fallback;
    if (id >= 0 && id < tokens.size) ids.set(key, id);
  }
  return {
    ...{ model: isUnigram ? 't5' : 'llama', pre: 'default', tokens, addSpacePrefix, ids },
    removeExtraWhitespaces: isUnigram
      ? numberOf(normalizer, NORMALIZER.removesSpaces) !== 0
      : undefined,
    charsMap: Buffer.isBuffer(charsMap) && isUnigram ? charsMap : undefined,
  };
}

function readPiece(bytes: Buffer): Token {
  const fields = readFields(bytes);
  const text = fields.find(({ id }) => id === PIECE.text)?.value;
  const score = fields.find(({ id }) => id === PIECE.score)?.value;
  return {
    text: Buffer.isBuffer(text) ? text.toString('utf8') : '',
    score: Buffer.isBuffer(score) && score.length === 4 ? score.readFloatLE(0) : 0,
    type: numberOf(fields, PIECE.type) ?? 1,
  };
}

interface Field {
  readonly id: number;
  /** A varint, or the bytes of a text, a message or a fixed width. */
  readonly value: number | Buffer;
}

function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) throw bad('ends inside a number');
      const byte = bytes[at];
      at += 1;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw bad('has a number that does not end');
  };
  const take = (byteLength: number): Buffer => {
    if (at + byteLength > bytes.length) throw bad('ends inside a field');
    at += byteLength;
    return bytes.subarray(at - byteLength, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const id = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ id, value: varint() });
        break;
      case 1:
        fields.push({ id, value: take(8) });
        break;
      case 2:
        fields.push({ id, value: take(varint()) });
        break;
      case 5:
        fields.push({ id, value: take(4) });
        break;
      default:
        throw bad(`has wire type ${tag % 8}`);
    }
  }
  return fields;
}

function nested(fields: readonly Field[], id: number): Field[] {
  const value = fields.find((field) => field.id === id)?.value;
  return Buffer.isBuffer(value) ? readFields(value) : [];
}

/** A varint; one of an int32 below zero has 64 bits. */
function numberOf(fields: readonly Field[], id: number): number | undefined {
  const value = fields.findLast((field) => field.id === id)?.value;
  return typeof value !== 'number' ? undefined : value >= 2 ** 63 ? value - 2 ** 64 : value;
}

function bad(what: string): Error {
  return convertError('bad-config', `tokenizer.model ${what}`);
}
