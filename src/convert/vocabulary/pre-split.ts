/**
 * Which pre-split rule a tokenizer.json means, by the name that llama.cpp has for it. The rule is
 * told by what the file says (expressions, digits, normal form), never guessed from a model's name.
 */
import { convertError, quoted } from '../errors.ts';
import type { JsonObject } from '../model/json-file.ts';

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const TAIL = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const WORD = '[^\\r\\n\\p{L}\\p{N}]?';
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const SIGNS = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*';
const SIGNS_SLASH = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*';

const LLAMA3 = `${CONTRACTIONS}|${WORD}\\p{L}+|\\p{N}{1,3}|${SIGNS}|${TAIL}`;
const QWEN2 = `${CONTRACTIONS}|${WORD}\\p{L}+|\\p{N}|${SIGNS}|${TAIL}`;
const QWEN35 =
  `${CONTRACTIONS}|${WORD}[\\p{L}\\p{M}]+|\\p{N}|` + ` ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${TAIL}`;
const TEKKEN = `${WORD}${UPPER}*${LOWER}+|${WORD}${UPPER}+${LOWER}*|\\p{N}|${SIGNS_SLASH}|${TAIL}`;
const GPT4O =
  `${WORD}${UPPER}*${LOWER}+${CONTRACTIONS}?|${WORD}${UPPER}+${LOWER}*${CONTRACTIONS}?|` +
  `\\p{N}{1,3}|${SIGNS_SLASH}|${TAIL}`;

/** How a tokenizer.json cuts text. */
interface Split {
  readonly expressions: readonly string[];
  readonly hasDigits: boolean;
  readonly isGpt2: boolean;
  readonly isNfc: boolean;
  /** A word that is a token is taken whole. */
  readonly ignoresMerges: boolean;
}

/** @throws VitrineError not-convertible: no rule is known for it */
export function preSplitOf(tokenizer: JsonObject): string {
  const split = readSplit(tokenizer);
  const name = nameOf(split);
  if (name !== undefined) return name;
  const shown = split.expressions.map(quoted).join(', ') || 'none';
  throw convertError(
    'not-convertible',
    `${tokenizer.file} cuts text by a rule that has no known name (expressions: ${shown}); give ` +
      '--pre NAME if you know which rule of llama.cpp it is',
  );
}

function nameOf({ expressions, hasDigits, isGpt2, isNfc, ignoresMerges }: Split) {
  if (expressions.length === 0 && isGpt2) {
    if (hasDigits) return isNfc ? 'command-r' : 'smollm';
    return isNfc ? 'olmo' : 'gpt-2';
  }
  if (expressions.length !== 1 || hasDigits || isGpt2) return undefined;
  const [expression] = expressions;
  // As older files write the contractions.
  const spelled = expression.replace(
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
    CONTRACTIONS,
  );
  switch (spelled) {
    case LLAMA3:
      return isNfc ? undefined : ignoresMerges ? 'llama-bpe' : 'dbrx';
    case QWEN2:
      return ignoresMerges ? undefined : isNfc ? 'qwen2' : 'stablelm2';
    case QWEN35:
      return ignoresMerges ? undefined : 'qwen35';
    case TEKKEN:
      return isNfc ? undefined : 'tekken';
    case GPT4O:
      return isNfc || ignoresMerges ? undefined : 'gpt-4o';
    default:
      return undefined;
  }
}

function readSplit(tokenizer: JsonObject): Split {
  const expressions: string[] = [];
  let hasDigits = false;
  let isGpt2 = false;
  for (const step of stepsOf(tokenizer.object('pre_tokenizer'), 'pretokenizers')) {
    switch (step.string('type')) {
      case 'Split':
        expressions.push(expressionOf(step));
        break;
      case 'Digits':
        hasDigits = hasDigits || step.boolean('individual_digits') === true;
        break;
      case 'ByteLevel':
        isGpt2 = step.boolean('use_regex') !== false;
        break;
      default:
        expressions.push(`${step.string('type')}`);
    }
  }
  const normalizers = stepsOf(tokenizer.object('normalizer'), 'normalizers');
  const names = normalizers.map((step) => step.string('type'));
  const other = names.find((name) => name !== 'NFC');
  if (other !== undefined) {
    throw convertError('not-convertible', `${tokenizer.file} has the normalizer ${quoted(other)}`);
  }
  return {
    ...{ expressions, hasDigits, isGpt2, isNfc: names.includes('NFC') },
    ignoresMerges: tokenizer.object('model')?.boolean('ignore_merges') === true,
  };
}

function expressionOf(step: JsonObject): string {
  const pattern = step.object('pattern');
  return pattern?.string('Regex') ?? pattern?.string('String') ?? '';
}

/** The steps of a sequence, or the one step that there is. */
export function stepsOf(step: JsonObject | undefined, key: string): JsonObjectList {
  if (step === undefined) return [];
  if (step.string('type') !== 'Sequence') return [step];
  return (step.list(key) ?? []).map((each, i) => step.child(`${key}[${i}]`, each));
}

type JsonObjectList = readonly JsonObject[];
