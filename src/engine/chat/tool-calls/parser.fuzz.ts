/**
 * Fuzzer of the parser of tool calls: what models write, mutated and cut into pieces at random.
 * Whatever comes, the events are in order, arguments are JSON, nothing is lost where there is no
 * call, one piece gives the same as many, and what comes out is no longer than what went in allows.
 */
import type { Below, FuzzTarget } from '../../../../test/fuzz/target.ts';
import {
  type Outcome,
  outcomesOf,
  TOOL_CALL_CASES,
  TOOL_NAMES,
} from '../../../../test/oracle/chat/tool-call-cases.ts';
import { createToolCallParser, TOOL_SYNTAXES, type ToolSyntaxName } from './index.ts';

type Parser = typeof createToolCallParser;

const NAMES = Object.keys(TOOL_SYNTAXES) as ToolSyntaxName[];
const INPUTS = new Map(
  NAMES.map((name) => [
    name,
    TOOL_CALL_CASES.filter(({ syntax }) => syntax === name).map(({ input }) => input),
  ]),
);
/** What breaks JSON, Python, and markers. */
const NOISE = [
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '\\',
  ',',
  ':',
  ' ',
  '\n',
  '`',
  '<',
  '|',
  '>',
  '0',
  '-',
];
const WORDS = ['"name": "f"', '"arguments": ', '"parameters": {}', '\\u00', 'null', 'f(', '\ud83d'];

/** @param create  the parser under test; the canaries of the test hand in broken ones */
export function toolCallTarget(create: Parser = createToolCallParser): FuzzTarget {
  return {
    name: 'tool calls',
    weight: 22,
    memory: { multiple: 2048, constantBytes: 1024 * 1024 },
    msMax: 2000,
    outcomes: ['call', 'text', 'broken'],
    make(random) {
      const syntax = NAMES[random(NAMES.length)];
      const text = makeText(INPUTS.get(syntax) ?? [], random);
      const pieces = cut(text, random);
      const options = { whole: random(4) === 0, ...(random(4) > 0 && { names: TOOL_NAMES }) };
      return {
        inputBytes: 2 * text.length,
        run() {
          const outcomes = parse(create, syntax, pieces, options);
          const joined = parse(create, syntax, [text], options);
          const same = JSON.stringify(outcomes) === JSON.stringify(joined);
          if (!same) throw new Error(`pieces differ: ${JSON.stringify([syntax, pieces])}`);
          return check(outcomes, text, options.whole);
        },
      };
    },
  };
}

function parse(
  create: Parser,
  syntax: ToolSyntaxName,
  pieces: readonly string[],
  options: { whole: boolean; names?: readonly string[] },
): Outcome[] {
  const parser = create(TOOL_SYNTAXES[syntax], options);
  const events = pieces.flatMap((piece) => parser.push(piece));
  return outcomesOf([...events, ...parser.end()]);
}

function check(outcomes: readonly Outcome[], text: string, whole: boolean): string {
  let isCall = false;
  let isBroken = false;
  let units = '';
  for (const outcome of outcomes) {
    if (typeof outcome === 'string') units += outcome;
    else if ('json' in outcome) isCall = true;
    else {
      units += outcome.text;
      isBroken = true;
    }
  }
  if (isBroken && whole) throw new Error(`a broken call of whole ones: ${JSON.stringify(text)}`);
  if (isCall ? units.length > text.length : units !== text) {
    throw new Error(`text is lost or made up: ${JSON.stringify(text)}`);
  }
  return isBroken ? 'broken' : isCall ? 'call' : 'text';
}

function makeText(inputs: readonly string[], random: Below): string {
  let text = '';
  for (let parts = 1 + random(3); parts > 0; parts -= 1) {
    const input = inputs[random(inputs.length)];
    const from = random(3) === 0 ? random(input.length) : 0;
    text += input.slice(from, random(3) === 0 ? from + random(60) : undefined);
  }
  for (let changes = random(4); changes > 0; changes -= 1) {
    const at = random(text.length + 1);
    const kind = random(5);
    let between = '';
    let skipped = 0;
    if (kind === 0) skipped = 1 + random(3);
    else if (kind === 1) between = NOISE[random(NOISE.length)].repeat(1 + random(3));
    else if (kind === 2) between = WORDS[random(WORDS.length)];
    else if (kind === 3) between = String.fromCharCode(random(random(2) === 0 ? 128 : 0x10000));
    else between = text.slice(at, at + random(30));
    text = text.slice(0, at) + between + text.slice(at + skipped);
  }
  return text;
}

function cut(text: string, random: Below): string[] {
  const longest = [1, 3, 12, 200][random(4)];
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random(longest);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
