/**
 * Fuzzer of chat templates: templates in use, their statements and expressions mutated, with
 * conversations of all kinds, tools among them. A case ends as a text or as a VitrineError of one
 * line, within the steps and so the time and memory that docs/limits.md names.
 */
import type { Below, FuzzTarget } from '../../../test/fuzz/target.ts';
import { randomFrom } from '../../../test/fuzz/target.ts';
import { isVitrineError, messageOf } from '../../base/index.ts';
import { type ChatTemplate, createChatTemplate } from './template.ts';
import type { ChatMessage, JsonValue, PromptOptions, ToolDefinition } from './types.ts';

type Create = typeof createChatTemplate;

const TEMPLATES_A_GROUP = 8;
const PARSE_TRIES = 8;
const NOW_MS = Date.UTC(2026, 0, 5);
const CODES = ['bad-template', 'bad-request'];

/**
 * @param sources  templates to start from
 * @param create  what is under test; the canaries of the test hand in broken ones
 */
export function templateTarget(
  sources: readonly string[],
  create: Create = createChatTemplate,
): FuzzTarget {
  const chunks = sources.map(chunksOf);
  const words = [...new Set(sources.flatMap((source) => source.match(WORD) ?? []))];
  const pool = [...words, ...SNIPPETS];
  // Most mutations end at the parser; the first of a group shows them, the others go on.
  const makeTemplate = (random: Below, which: number): Made => {
    let made: Made;
    let tries = which === 0 ? 1 : PARSE_TRIES;
    do {
      const source = mutated(chunks, pool, random);
      made = { source, template: attempt(() => create(source, TOKENS)) };
      tries -= 1;
    } while (typeof made.template === 'string' && tries > 0);
    return made;
  };
  let group: { index: number; seed: number; made: Map<number, Made> } | undefined;
  return {
    name: 'templates',
    weight: 4,
    // Steps bound it, not the length of the template: two million may take this.
    memory: { multiple: 64, constantBytes: 512 * 1024 * 1024 },
    msMax: 20_000,
    outcomes: ['prompt', 'bad-template', 'unparsed: true'],
    make(random, { index, random: shared }) {
      if (group?.index !== index) group = { index, seed: shared(2 ** 32), made: new Map() };
      const which = random(TEMPLATES_A_GROUP);
      let made = group.made.get(which);
      if (made === undefined) {
        made = makeTemplate(randomFrom(group.seed, which), which);
        group.made.set(which, made);
      }
      const { source, template } = made;
      const { messages, options } = makeChat(random);
      const inputBytes = 2 * (source.length + JSON.stringify([messages, options]).length);
      return {
        inputBytes,
        run() {
          if (typeof template === 'string') {
            return `unparsed: ${attempt(() => create(source, TOKENS)) === template}`;
          }
          const text = attempt(() => ({ text: template.render(messages, options) }));
          if (typeof text === 'string') return text;
          if (!text.text.isWellFormed()) throw new Error('half a character');
          return 'prompt';
        },
      };
    },
  };
}

interface Made {
  source: string;
  /** The code of the error that making it gave. */
  template: ChatTemplate | string;
}

const TOKENS = { bosToken: '<s>', eosToken: '</s>' };

/** What it gives, or the code of its error. */
function attempt<T extends object>(make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    if (!isVitrineError(error) || !CODES.includes(error.code)) throw error;
    const message = messageOf(error);
    if (message.includes('\n')) throw new Error(`a message of many lines: ${message}`);
    return error.code;
  }
}

const CHUNK = /\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}|\{#[\s\S]*?#\}|[^{]+|\{/g;
const WORD = /[A-Za-z_]\w*|\d+|'[^']*'|"[^"]*"|[^\sA-Za-z_\d'"]/g;
const SNIPPETS = [
  ...['messages', 'tools', 'loop.index', 'none', '-1', '[]', '{}', '1.5', 'true', "'a'", 'ns.s'],
  ...['messages[-1]', 'message.tool_calls', "'{}'.format(1)", "'x' * 3", 'range(9)', 'undefined'],
  ...["| selectattr('role')", "| map('upper')", '| tojson(indent=2)', '| length', '| dictsort'],
  ...[
    "| join(',')",
    '| list',
    '| string',
    '| trim',
    '| first',
    '| last',
    '| items',
    '| default(1)',
  ],
  ...['is iterable', 'is defined', 'not in', '==', '~', '[1:]', '[::-1]', '.items()', ".get('a')"],
];
const STATEMENTS = [
  ...['{% for m in messages %}', '{% endfor %}', '{% if tools %}', '{% endif %}', '{% else %}'],
  ...['{% for i in range(99) %}', '{% set ns.s = ns.s + ns.s %}', '{%- break %}', '{{ ns.s }}'],
  ...["{% set ns = namespace(s='ab') %}", '{% macro f(x) %}', '{% endmacro %}', '{{ f(f) }}'],
  ...['{% set x %}', '{% endset %}', '{% call f(1) %}', '{% endcall %}', '{{ messages }}'],
];

function chunksOf(source: string): string[] {
  return source.match(CHUNK) ?? [];
}

function mutated(sources: string[][], words: readonly string[], random: Below): string {
  const chunks = sources[random(sources.length)].slice();
  for (let changes = random(5); changes > 0; changes -= 1) {
    const at = random(chunks.length);
    const kind = random(8);
    if (kind === 0) chunks.splice(at, 1 + random(3));
    else if (kind === 1) chunks.splice(at, 0, STATEMENTS[random(STATEMENTS.length)]);
    else if (kind === 2) {
      const other = sources[random(sources.length)];
      const from = random(other.length);
      chunks.splice(at, random(4), ...other.slice(from, from + random(8)));
    } else if (kind === 3) chunks.splice(at, 0, chunks[random(chunks.length)] ?? '');
    else chunks[at] = reworded(chunks[at] ?? '', words, random);
  }
  return chunks.join('');
}

/** A statement or expression with a word changed, doubled or left out. */
function reworded(chunk: string, words: readonly string[], random: Below): string {
  if (!chunk.startsWith('{')) return chunk.slice(0, random(chunk.length + 1));
  const parts = chunk.split(/(\s+|[A-Za-z_]\w*|\d+|'[^']*'|"[^"]*")/);
  const at = 1 + random(Math.max(1, parts.length - 2));
  const kind = random(4);
  const word = words[random(words.length)];
  if (kind === 0) parts.splice(at, 1);
  else if (kind === 1) parts.splice(at, 0, ` ${word} `);
  else if (kind === 2) parts.splice(at, 0, parts[random(parts.length)]);
  else parts[at] = word;
  return parts.join('');
}

const TEXTS = [
  '',
  'Hello',
  ' a\n',
  '<think>x</think>y',
  '{{ 1 }}',
  '日本 😀',
  '\ud800',
  '{"a": 1}',
];
const WORDS = ['name', 'type', 'object', 'string', 'f', 'get_x', 'properties', 'items', 'required'];

function makeChat(random: Below): { messages: ChatMessage[]; options: PromptOptions } {
  const messages = Array.from({ length: random(7) }, () => makeMessage(random));
  const tools =
    random(2) === 0 ? undefined : Array.from({ length: random(3) }, () => makeTool(random));
  const addGenerationPrompt = random(2) === 0;
  return { messages, options: { tools, addGenerationPrompt, nowMs: NOW_MS } };
}

function makeMessage(random: Below): ChatMessage {
  const role = (['system', 'user', 'user', 'assistant', 'assistant', 'tool'] as const)[random(6)];
  const content = TEXTS[random(TEXTS.length)].repeat(random(12) === 0 ? random(200) : 1);
  if (role === 'tool') return { role, content, toolCallId: 'abc123def', toolName: 'f' };
  if (role !== 'assistant' || random(2) === 0) return { role, content };
  const toolCalls = Array.from({ length: random(3) }, () => ({
    id: 'abc123def',
    name: WORDS[random(WORDS.length)],
    arguments: { [WORDS[random(WORDS.length)]]: makeValue(random, 3) },
  }));
  return { role, content, toolCalls };
}

function makeTool(random: Below): ToolDefinition {
  const parameters = { type: 'object', properties: { a: makeValue(random, 3) } };
  const description = random(2) === 0 ? undefined : TEXTS[random(TEXTS.length)];
  return { name: WORDS[random(WORDS.length)], description, parameters };
}

function makeValue(random: Below, depth: number): JsonValue {
  const kind = random(depth > 0 ? 8 : 6);
  if (kind === 6) return Array.from({ length: random(4) }, () => makeValue(random, depth - 1));
  if (kind === 7) {
    const entries = Array.from({ length: random(4) }, () => [
      WORDS[random(WORDS.length)],
      makeValue(random, depth - 1),
    ]);
    return Object.fromEntries(entries);
  }
  return [null, random(2) === 0, random(1000) - 500, 1.5, TEXTS[random(8)], WORDS[random(9)]][kind];
}
