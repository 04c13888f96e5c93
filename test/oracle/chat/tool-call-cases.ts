/**
 * What models write, and what it means: the table that the tests and the fuzzer of the parser run.
 * A text is a string, a call {name, json, id}, a call that broke off {broken, text}.
 */
import type { ToolCallEvent, ToolSyntaxName } from '../../../src/engine/chat/index.ts';

export type Outcome =
  | string
  | { name: string; json: string; id?: string }
  | { broken: 'malformed' | 'cut'; name: string; text: string };

export interface ToolCallCase {
  syntax: ToolSyntaxName;
  input: string;
  outcomes: Outcome[];
  /** Where it differs with `whole: true`. */
  whole?: Outcome[];
}

/** Joins what belongs together; throws when an event comes that may not come. */
export function outcomesOf(events: readonly ToolCallEvent[]): Outcome[] {
  const outcomes: Outcome[] = [];
  let open: { name: string; json: string; id?: string } | undefined;
  let index = 0;
  for (const event of events) {
    if (event.type === 'text') {
      if (open !== undefined || event.text === '') throw new Error('text inside of a call');
      const last = outcomes.at(-1);
      if (typeof last === 'string') outcomes[outcomes.length - 1] = last + event.text;
      else outcomes.push(event.text);
      continue;
    }
    if (event.index !== index) throw new Error(`index ${event.index} for ${index}`);
    if (event.type === 'call-start') {
      if (open !== undefined || event.name === '') throw new Error('a call inside of a call');
      open = { name: event.name, json: '', ...(event.id === undefined ? {} : { id: event.id }) };
      continue;
    }
    if (open === undefined) throw new Error(`${event.type} without a start`);
    if (event.type === 'call-arguments') {
      open.json += event.json;
      continue;
    }
    if (event.type === 'call-end') {
      const value: unknown = JSON.parse(open.json);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      if (!isObject) throw new Error(`arguments are ${open.json}`);
      outcomes.push({ ...open, ...(event.id === undefined ? {} : { id: event.id }) });
    } else outcomes.push({ broken: event.reason, name: open.name, text: event.text });
    open = undefined;
    index += 1;
  }
  if (open !== undefined) throw new Error('a call without an end');
  return outcomes;
}

const HARD = '{"a": {"b": [1, {"c": "}]\\"\\u007d \\\\"}], "": null}, "t": "</tool_call>{é😀"}';

const hermes = (inner: string): string => `<tool_call>\n${inner}\n</tool_call>`;
const f = (json = '{}'): Outcome => ({ name: 'f', json });
const text = (syntax: ToolSyntaxName, input: string): ToolCallCase => ({
  syntax,
  input,
  outcomes: [input],
});

const HERMES: ToolCallCase[] = [
  text('hermes', 'No call, < tool_call> <tool_cal <tool_call but'),
  text('hermes', ' \n'),
  text('hermes', '<tool_call>I call f</tool_call>'),
  text('hermes', '<tool_call>{"arguments": {}}</tool_call>'),
  text('hermes', '<tool_call>{"name": 1, "arguments": {}}</tool_call>'),
  text('hermes', '<tool_call>{"name": "f", "arguments": [1]}</tool_call>'),
  text('hermes', '<tool_call>{"name": "", "arguments": {}}</tool_call>'),
  text('hermes', '<tool_call>{"name": "f", "name": "g"}</tool_call>'),
  text('hermes', '<tool_call>{"name": "f", "arguments": "no"}</tool_call>'),
  text('hermes', '<tool_call>[]</tool_call>'),
  text('hermes', '<tool_call>\n{"name": "f", "argum'),
  { syntax: 'hermes', input: hermes(`{"name": "f", "arguments": ${HARD}}`), outcomes: [f(HARD)] },
  {
    syntax: 'hermes',
    input: `I look.\n${hermes(`{"arguments": ${HARD}, "name": "f"}`)}\n`,
    outcomes: ['I look.\n', f(HARD)],
  },
  {
    syntax: 'hermes',
    input: `${hermes('{"name": "f", "arguments": {}}')}\n${hermes('{"name":"g","arguments":{"x":-1.5e3}}')} Done.`,
    outcomes: [f(), { name: 'g', json: '{"x":-1.5e3}' }, ' Done.'],
  },
  { syntax: 'hermes', input: hermes('{"name": "f"}'), outcomes: [f()] },
  { syntax: 'hermes', input: hermes('{"name": "f", "arguments": null, "n": 1}'), outcomes: [f()] },
  { syntax: 'hermes', input: hermes('{"n": 12, "name": "\\u0066", "x": {}}'), outcomes: [f()] },
  {
    syntax: 'hermes',
    input: hermes('{"name": "f", "arguments": "{\\"a\\": 1}"}'),
    outcomes: [f('{"a": 1}')],
  },
  {
    syntax: 'hermes',
    input: hermes('{"name": "f", "arguments": {"a": "one\ntwo\t"}}'),
    outcomes: [f('{"a": "one\\ntwo\\t"}')],
  },
  {
    syntax: 'hermes',
    input: hermes('[{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}]'),
    outcomes: [f(), { name: 'g', json: '{}' }],
  },
  // The closing marker is missing, at the end and before the next call.
  { syntax: 'hermes', input: '<tool_call>{"name": "f", "arguments": {}}', outcomes: [f()] },
  { syntax: 'hermes', input: '<tool_call>{"name": "f", "arguments": {}}\n</tool', outcomes: [f()] },
  {
    syntax: 'hermes',
    input: '<tool_call>{"name":"f"}\n<tool_call>{"name":"g","arguments":{}}</tool_call>',
    outcomes: [f(), { name: 'g', json: '{}' }],
  },
  {
    syntax: 'hermes',
    input: '<tool_call><tool_call>{"name": "f"}}</tool_call>',
    outcomes: ['<tool_call>', f(), '}</tool_call>'],
  },
  {
    syntax: 'hermes',
    input: 'x<tool_call>{"name": "f", "arguments": {"a": 1,}}</tool_call>',
    outcomes: [
      'x',
      {
        broken: 'malformed',
        name: 'f',
        text: '<tool_call>{"name": "f", "arguments": {"a": 1,',
      },
      '}}</tool_call>',
    ],
    whole: ['x<tool_call>{"name": "f", "arguments": {"a": 1,}}</tool_call>'],
  },
  {
    syntax: 'hermes',
    input: '<tool_call>{"name": "f", "arguments": {"a": "b',
    outcomes: [
      { broken: 'cut', name: 'f', text: '<tool_call>{"name": "f", "arguments": {"a": "b' },
    ],
    whole: ['<tool_call>{"name": "f", "arguments": {"a": "b'],
  },
];

const LLAMA3: ToolCallCase[] = [
  text('llama3', '{"city": "Paris"} is the answer'),
  text('llama3', '{"name": "Paris", "people": 2}'),
  text('llama3', '{"name": "unknown", "parameters": {}}'),
  text('llama3', '{"name": "f"}'),
  text('llama3', 'Say {"name": "f", "parameters": {}}'),
  text('llama3', '[1] is a reference'),
  text('llama3', '<|python_tag|>import os'),
  { syntax: 'llama3', input: `{"name": "f", "parameters": ${HARD}}`, outcomes: [f(HARD)] },
  { syntax: 'llama3', input: ' \n{"name": "f", "parameters": {}}\n', outcomes: [f()] },
  {
    syntax: 'llama3',
    input: '{"type": "function", "name": "f", "parameters": {}}; {"name":"g","parameters":{}}',
    outcomes: [f(), { name: 'g', json: '{}' }],
  },
  {
    syntax: 'llama3',
    input: '[{"name": "f", "parameters": {}}, {"name": "g", "parameters": {}}]',
    outcomes: [f(), { name: 'g', json: '{}' }],
  },
  {
    syntax: 'llama3',
    input: '<|python_tag|>{"name": "f", "parameters": {"a": 1}}',
    outcomes: [f('{"a": 1}')],
  },
  {
    syntax: 'llama3',
    input: '<|python_tag|>brave_search.call(query="a (b) \\"c\\"")',
    outcomes: [{ name: 'brave_search', json: '{"query": "a (b) \\"c\\""}' }],
  },
  {
    syntax: 'llama3',
    input: '{"name": "f", "parameters": {"a": 1}, "b": 2}',
    outcomes: [
      { broken: 'malformed', name: 'f', text: '{"name": "f", "parameters": {"a": 1}, "b' },
      '": 2}',
    ],
    whole: ['{"name": "f", "parameters": {"a": 1}, "b": 2}'],
  },
];

const MISTRAL: ToolCallCase[] = [
  text('mistral', '[TOOL_CALL] is no marker'),
  text('mistral', '[TOOL_CALLS] and then'),
  text('mistral', '[TOOL_CALLS][]'),
  text('mistral', '[TOOL_CALLS]f[CALL_ID]'),
  {
    syntax: 'mistral',
    input: `[TOOL_CALLS] [{"name": "f", "arguments": ${HARD}, "id": "abcdefghi"}]`,
    outcomes: [{ name: 'f', json: HARD, id: 'abcdefghi' }],
  },
  {
    syntax: 'mistral',
    input: '[TOOL_CALLS][{"name":"f","arguments":{}}, {"id":"123456789","name":"g","arguments":{}}',
    outcomes: [f(), { name: 'g', json: '{}', id: '123456789' }],
  },
  {
    syntax: 'mistral',
    input: `Yes.[TOOL_CALLS]f[CALL_ID]abc123def[ARGS]${HARD}[TOOL_CALLS]g[ARGS]{}`,
    outcomes: ['Yes.', { name: 'f', json: HARD, id: 'abc123def' }, { name: 'g', json: '{}' }],
  },
  { syntax: 'mistral', input: '[TOOL_CALLS]f {"a": 1}', outcomes: [f('{"a": 1}')] },
  {
    syntax: 'mistral',
    input: '[TOOL_CALLS]f[ARGS]{"a": ',
    outcomes: [{ broken: 'cut', name: 'f', text: '[TOOL_CALLS]f[ARGS]{"a": ' }],
    whole: ['[TOOL_CALLS]f[ARGS]{"a": '],
  },
  {
    syntax: 'mistral',
    input: '[TOOL_CALLS][{"name":"f","arguments":{}},{"name":"g","arguments":{1}}]',
    outcomes: [
      f(),
      { broken: 'malformed', name: 'g', text: ',{"name":"g","arguments":{' },
      '1}}]',
    ],
    whole: [f(), ',{"name":"g","arguments":{1}}]'],
  },
];

const FENCE = '```';

const GEMMA: ToolCallCase[] = [
  text('gemma', `${FENCE}js\nf(1)\n${FENCE}`),
  text('gemma', `${FENCE}tool_code\nx = 1\n${FENCE} and on`),
  text('gemma', `${FENCE}tool_code\nf(1)\n${FENCE}`),
  text('gemma', `${FENCE}tool_code\nprint("f")\n${FENCE}`),
  text('gemma', `${FENCE}json\n{"a": 1}\n${FENCE}`),
  text('gemma', '[Note: it is not]'),
  text('gemma', "[f(a='it is\n"),
  {
    syntax: 'gemma',
    input: `Let me see.\n${FENCE}tool_code\nf(a="x \`\`\` y", b=[1, -2.5, True, None], c={'k': (1,)})\n${FENCE}\n`,
    outcomes: [
      'Let me see.\n',
      f('{"a": "x ``` y", "b": [1, -2.5, true, null], "c": {"k": [1]}}'),
    ],
  },
  {
    syntax: 'gemma',
    input: `${FENCE}tool_code\nprint(default_api.f(a="é\\u00e9\\n"))\ng()${FENCE}`,
    outcomes: [f('{"a": "éé\\n"}'), { name: 'g', json: '{}' }],
  },
  { syntax: 'gemma', input: `${FENCE}tool_code\nf()`, outcomes: [f()] },
  {
    syntax: 'gemma',
    input: '[f(a=1), g(b="]")]',
    outcomes: [f('{"a": 1}'), { name: 'g', json: '{"b": "]"}' }],
  },
  {
    syntax: 'gemma',
    input: `${FENCE}json\n{"name": "f", "parameters": ${HARD}}\n${FENCE}`,
    outcomes: [f(HARD)],
  },
  { syntax: 'gemma', input: '{"name": "f", "parameters": {}}', outcomes: [f()] },
  {
    syntax: 'gemma',
    input: `${FENCE}tool_call\n[{"name": "f", "arguments": {}}]\n${FENCE}\nDone`,
    outcomes: [f(), '\nDone'],
  },
];

const COLON: ToolCallCase[] = [
  text('gemma4', '<|tool_call>call me'),
  text('gemma4', '<|tool_call>call:f{a:b}<tool_call|>'),
  text('gemma4', '<|tool_call>call:f{a:1'),
  {
    syntax: 'gemma4',
    input:
      '<|tool_call>call:f{a:<|"|>x<tool_call|>"\\\n<|"|>,b:[1,-2.5,true],c:{d:null,<|"|>e f<|"|>:{}}}<tool_call|>',
    outcomes: [f('{"a": "x<tool_call|>\\"\\\\\\n", "b": [1, -2.5, true], "c": {"d": null, "e f": {}}}')],
  },
  {
    syntax: 'gemma4',
    input: '<|tool_call>call:f{}<tool_call|><|tool_call>call:g{}<tool_call|>',
    outcomes: [f(), { name: 'g', json: '{}' }],
  },
  {
    syntax: 'functiongemma',
    input: 'Yes <start_function_call>call:f{a:<escape>b<escape>}<end_function_call>',
    outcomes: ['Yes ', f('{"a": "b"}')],
  },
];

export const TOOL_CALL_CASES: readonly ToolCallCase[] = [
  ...HERMES,
  ...LLAMA3,
  ...MISTRAL,
  ...GEMMA,
  ...COLON,
];

/** Tools on offer in all cases. */
export const TOOL_NAMES: readonly string[] = ['f', 'g'];
