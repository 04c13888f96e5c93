/**
 * A text that matches a regular expression of RE2 syntax: shortest repetitions, first alternatives.
 * Covers what field patterns are made of (literals, classes, groups, alternatives, repetition,
 * anchors); anything else gives undefined. The caller has the result judged by a real matcher.
 */

/** A matching text, or undefined when the pattern has parts that this does not read. */
export function matchingText(pattern: string): string | undefined {
  const reader: Reader = { text: pattern, at: 0 };
  try {
    const made = alternatives(reader);
    return reader.at === pattern.length ? made : undefined;
  } catch {
    return undefined;
  }
}

interface Reader {
  readonly text: string;
  at: number;
}

/** a|b|c: the first. */
function alternatives(reader: Reader): string {
  const first = sequence(reader);
  while (reader.text[reader.at] === '|') {
    reader.at += 1;
    sequence(reader);
  }
  return first;
}

function sequence(reader: Reader): string {
  let made = '';
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] as string)) {
    made += repeated(reader, atom(reader));
  }
  return made;
}

/** Nothing for * and ?, one for +, the least count for {m,n}; one where one is allowed. */
function repeated(reader: Reader, unit: string): string {
  const rest = reader.text.slice(reader.at);
  const [mark] = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest) ?? [''];
  reader.at += mark.length;
  if (mark === '' || mark.startsWith('+')) return unit;
  if (mark.startsWith('*') || mark.startsWith('?')) return '';
  const least = Number(/\d+/.exec(mark)?.[0]);
  if (least > 1000) throw new Error('too long');
  return unit.repeat(least);
}

function atom(reader: Reader): string {
  const char = reader.text[reader.at] as string;
  reader.at += 1;
  switch (char) {
    case '^':
    case '$':
      return '';
    case '.':
      return 'a';
    case '(':
      return group(reader);
    case '[':
      return oneOfClass(reader);
    case '\\':
      return escaped(reader);
    case '*':
    case '+':
    case '?':
      throw new Error('nothing to repeat');
    default:
      return char;
  }
}

function group(reader: Reader): string {
  const [mark] = /^\?(?::|P?<\w+>|[imsU]+:|[imsU]+(?=\)))/.exec(reader.text.slice(reader.at)) ?? [
    '',
  ];
  reader.at += mark.length;
  const made = alternatives(reader);
  if (reader.text[reader.at] !== ')') throw new Error('open group');
  reader.at += 1;
  return made;
}

function escaped(reader: Reader): string {
  const char = reader.text[reader.at] as string;
  reader.at += 1;
  if ('AzbB'.includes(char)) return '';
  const made: Record<string, string> = { d: '0', w: 'a', s: ' ', D: 'a', W: '-', S: 'a' };
  const control: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
  if (char in made) return made[char] as string;
  if (char in control) return control[char] as string;
  if (/[a-zA-Z0-9]/.test(char)) throw new Error(`unknown escape ${char}`);
  return char;
}

/** [a-z], [^a-z], [[:alpha:]]: a character inside, or one of a few outside. */
function oneOfClass(reader: Reader): string {
  const isNegated = reader.text[reader.at] === '^';
  if (isNegated) reader.at += 1;
  const start = reader.at;
  let first = '';
  while (reader.text[reader.at] !== ']' || reader.at === start) {
    if (reader.at >= reader.text.length) throw new Error('open class');
    first ||= classMember(reader);
    if (first !== '' && reader.text[reader.at] !== ']') classMember(reader);
  }
  const body = reader.text.slice(start, reader.at);
  reader.at += 1;
  if (!isNegated) return first;
  const matcher = new RegExp(`[^${body}]`);
  const outside = ['a', '0', '-', ' ', 'A', '_', '\u00e9'].find((char) => matcher.test(char));
  if (outside === undefined) throw new Error('nothing outside the class');
  return outside;
}

const NAMED: Record<string, string> = {
  alpha: 'a',
  alnum: 'a',
  digit: '0',
  lower: 'a',
  upper: 'A',
  space: ' ',
  word: 'a',
  xdigit: '0',
  punct: '-',
};

function classMember(reader: Reader): string {
  const named = /^\[:(\w+):\]/.exec(reader.text.slice(reader.at));
  if (named !== null) {
    reader.at += named[0].length;
    const made = NAMED[named[1] as string];
    if (made === undefined) throw new Error('unknown class');
    return made;
  }
  const char = reader.text[reader.at] as string;
  reader.at += 1;
  const from = char === '\\' ? escaped(reader) : char;
  if (reader.text[reader.at] === '-' && reader.text[reader.at + 1] !== ']') {
    reader.at += 1;
    if (reader.text[reader.at] === '\\') {
      reader.at += 1;
      escaped(reader);
    } else reader.at += 1;
  }
  return from;
}
