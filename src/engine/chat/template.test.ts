/** Prompts against those of transformers (test/oracle/chat), and templates that are out to harm. */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Environment, parse, tokenize } from '@huggingface/jinja';
import { readPrompts, templateSource, toolChat } from '../../../test/oracle/chat/load.ts';
import { isVitrineError } from '../../base/index.ts';
import { BoundedInterpreter, stepsFor } from './bounded-interpreter.ts';
import { createChatTemplate } from './index.ts';
import type { ChatMessage, PromptOptions, ToolDefinition } from './types.ts';

const FILE = readPrompts();
const HELLO: ChatMessage[] = [{ role: 'user', content: 'Hello' }];

function promptOf(
  name: string,
  chat: readonly ChatMessage[],
  mode: string,
  tools?: readonly ToolDefinition[],
): string | null {
  const { bos_token: bosToken, eos_token: eosToken } = FILE.tokens;
  const template = createChatTemplate(templateSource(name), { bosToken, eosToken });
  const options = { addGenerationPrompt: mode === 'generate', continueFinal: mode === 'continue' };
  try {
    return template.render(chat, { ...options, tools, nowMs: FILE.nowMs });
  } catch (error) {
    assert.ok(isVitrineError(error), `${error}`);
    return null;
  }
}

for (const name of new Set(FILE.cases.map(({ template }) => template))) {
  test(`${name}: prompts equal those of transformers`, () => {
    const cases = FILE.cases.filter(({ template }) => template === name);
    assert.ok(cases.length >= 36 && cases.some(({ prompt }) => prompt !== null));
    for (const { chat, mode, prompt } of cases) {
      const key = `${name} ${chat} ${mode}`;
      const ours = promptOf(name, FILE.chats[chat], mode);
      assert.equal(ours, prompt, key);
    }
  });
}

const TOOL_TEMPLATES = ['tools-hermes', 'tools-llama3', 'tools-mistral', 'tools-python'];

for (const name of TOOL_TEMPLATES) {
  test(`${name}: prompts with tools, calls and results equal those of transformers`, () => {
    const cases = FILE.toolCases.filter(({ template }) => template === name);
    assert.ok(cases.length >= 14 && cases.filter(({ prompt }) => prompt !== null).length >= 10);
    for (const { chat, mode, prompt } of cases) {
      const { messages, tools } = toolChat(FILE, chat);
      assert.equal(promptOf(name, messages, mode, tools), prompt, `${name} ${chat} ${mode}`);
    }
  });
}

test('a template without a place for tools or calls refuses them, instead of leaving them out', () => {
  const { messages, tools } = toolChat(FILE, 2);
  const template = createChatTemplate(templateSource('smollm2'));
  const message = /has no place for tool/;
  assert.throws(() => template.render(messages, { tools }), { code: 'bad-template', message });
  assert.throws(() => template.render(messages), { code: 'bad-template', message });
});

test('the templates of the families are known by what they write', () => {
  const names = ['tools-hermes', 'tools-llama3', 'tools-mistral', 'smollm2'];
  const found = names.map((name) => createChatTemplate(templateSource(name)).toolSyntax?.name);
  assert.deepEqual(found, ['hermes', 'llama3', 'mistral', undefined]);
});

test('Gemma gets tools, calls and results as text, the turns alternating', () => {
  const { messages, tools } = toolChat(FILE, 5);
  const template = createChatTemplate(templateSource('turns'));
  assert.equal(template.toolSyntax?.name, 'gemma');
  const text = template.render(messages.slice(1), { tools });
  assert.match(text, /"name":"plan_route"/);
  assert.match(text, /```tool_code\nplan_route\(stops=\["Zürich", "it's \\"far\\""/);
  assert.match(text, /"via": None[\s\S]*\nget_weather\(place="Bern", unit="celsius"\)\n```/);
  assert.match(text, /```tool_output\n\[1, 2\]\n```\n```tool_output\nrain\n```/);
  assert.equal(text.split('<start_of_turn>').length, 7);
});

test('a message with tool calls is not continued: its calls would be cut off', () => {
  const { messages, tools } = toolChat(FILE, 6);
  const template = createChatTemplate(templateSource('tools-hermes'));
  assert.equal(messages.at(-1)?.role, 'assistant');
  assert.throws(() => template.render(messages, { tools }), isBadRequest);
  const text = template.render(messages, { tools, addGenerationPrompt: true });
  assert.match(
    text,
    /"arguments": \{"stops"[^\n]*\n<\/tool_call><\|im_end\|>\n<\|im_start\|>assistant\n$/,
  );
});

test('tools, calls and results that are none are a bad request', () => {
  const template = createChatTemplate(templateSource('tools-hermes'));
  const call = { name: 'f', arguments: {} };
  let deep: unknown = 1;
  for (let i = 0; i < 200; i += 1) deep = [deep];
  const chats: unknown[] = [
    [{ role: 'user', content: 'x', toolCalls: [call] }],
    [{ role: 'assistant', content: 'x', toolCalls: [{ ...call, name: '' }] }],
    [{ role: 'assistant', content: 'x', toolCalls: [{ ...call, arguments: [] }] }],
    [{ role: 'assistant', content: 'x', toolCalls: [{ ...call, arguments: { deep } }] }],
    [{ role: 'tool', content: 'x', toolCallId: 1 }],
  ];
  for (const chat of chats) {
    assert.throws(() => template.render(chat as ChatMessage[]), isBadRequest);
  }
  for (const tool of [{ name: '' }, { name: 'f', description: 1 }, { name: 'f', parameters: 1 }]) {
    const tools = [tool as unknown as ToolDefinition];
    assert.throws(() => template.render(HELLO, { tools }), isBadRequest);
  }
});

test('a new turn is opened unless the last message is the own, which is continued', () => {
  const template = createChatTemplate(undefined);
  const end = '<|im_start|>assistant\n';
  assert.ok(template.render(HELLO).endsWith(`<|im_end|>\n${end}`));
  assert.ok(!template.render(HELLO, { addGenerationPrompt: false }).endsWith(end));
  const own: ChatMessage[] = [...HELLO, { role: 'assistant', content: 'The answer ' }];
  assert.ok(template.render(own).endsWith('<|im_start|>assistant\nThe answer '));
  assert.ok(
    template.render(own, { addGenerationPrompt: true }).endsWith(`The answer <|im_end|>\n${end}`),
  );
  for (const options of [
    { continueFinal: true },
    { continueFinal: true, addGenerationPrompt: true },
  ]) {
    assert.throws(() => template.render(HELLO, options), isBadRequest);
  }
});

function isBadRequest(error: unknown): boolean {
  return isVitrineError(error, 'bad-request');
}

test('messages of an unknown role or without a text are a bad request', () => {
  const template = createChatTemplate(undefined);
  for (const message of [
    { role: 'robot', content: 'x' },
    { role: 'user', content: 7 },
  ]) {
    assert.throws(() => template.render([message as unknown as ChatMessage]), isBadRequest);
  }
});

test('broken surrogates become replacement characters', () => {
  const text = createChatTemplate(undefined).render([{ role: 'user', content: 'a\ud800b' }]);
  assert.ok(text.includes('a\ufffdb'));
});

/** The message of the bad-template error that making or rendering a template gives. */
function refusal(source: string, options?: PromptOptions): string {
  try {
    createChatTemplate(source).render(HELLO, options);
  } catch (error) {
    assert.ok(isVitrineError(error, 'bad-template'), `${error}`);
    assert.ok(!error.message.includes('\n') && error.message.length < 500);
    return error.message;
  }
  assert.fail(`accepted ${source.slice(0, 80)}`);
}

test('what a template refuses is bad-template, in its own words, on one line', () => {
  assert.match(refusal("{{ raise_exception('No\nway') }}"), /refuses these messages: No way/);
});

test('templates that cannot be parsed or run are bad-template', () => {
  const broken = [
    ...[
      '{% if %}',
      '{% for x in %}',
      '{{ ',
      '{% if true %}',
      '{% endif %}',
      '{% unknown %}',
      '{# open',
    ],
    ...['{{ x | nosuchfilter }}', '{{ nosuch() }}', '{{ 1 + }}'],
    ...["{{ 'a' - 1 }}", '{% for i in 5 %}{% endfor %}', '{{ messages[0].content.nosuch() }}'],
    ...['{{ (((((( }}', "{{ 'open }}", '{% set %}', '{{ messages | join(1, 2, 3 }}'],
  ];
  for (const source of broken) refusal(source);
});

test('the time is shown only when it is given, in UTC, and unknown formats are refused', () => {
  const source = "{{ strftime_now('%Y-%m-%d %H:%M:%S %a %b %j %%') }}";
  assert.match(refusal(source), /asks for the time/);
  const nowMs = Date.UTC(2024, 1, 29, 23, 5, 9);
  const text = createChatTemplate(source).render(HELLO, { nowMs });
  assert.equal(text, '2024-02-29 23:05:09 Thu Feb 060 %');
  assert.match(refusal("{{ strftime_now('%Q') }}", { nowMs }), /unknown time format/);
  assert.match(refusal("{{ strftime_now('%') }}", { nowMs }), /unknown time format/);
});

test('a template reaches nothing of JavaScript', () => {
  const attempts = [
    ...["{{ ''.constructor }}", '{{ messages.constructor }}', '{{ messages.__proto__ }}'],
    ...['{{ messages[0].__proto__.polluted }}', "{{ messages[0]['constructor'] }}"],
    ...['{{ raise_exception.constructor }}', '{{ globalThis }}', '{{ process }}', '{{ this }}'],
    ...['{{ self }}', "{{ namespace(a=1)['constructor'] }}", '{{ range.constructor }}'],
  ];
  for (const source of attempts) {
    let text = '';
    try {
      text = createChatTemplate(source).render(HELLO);
    } catch (error) {
      assert.ok(isVitrineError(error, 'bad-template'), `${source}: ${error}`);
    }
    assert.doesNotMatch(text, /function|native|Object|Array/, source);
  }
  refusal("{{ messages.constructor.constructor('return process')() }}");
  refusal("{{ raise_exception.constructor('return process')() }}");
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test('hostile templates end soon, as an error or a text', () => {
  const large = 64_000;
  const hostile: Record<string, string> = {
    brackets: `{{ ${'('.repeat(30_000)}1${')'.repeat(30_000)} }}`,
    lists: `{{ ${'['.repeat(60_000)} }}`,
    ifs: `${'{% if true %}'.repeat(2500)}x${'{% endif %}'.repeat(2500)}`,
    open: '{% '.repeat(20_000),
    openExpression: '{{'.repeat(30_000),
    comments: '{# '.repeat(20_000),
    angles: '<'.repeat(large),
    braces: '{'.repeat(large),
    escapes: `{{ '${'\\\\'.repeat(30_000)}' }}`,
    unterminated: `{{ '${'a'.repeat(large)}`,
    digits: `{{ ${'1'.repeat(large)} }}`,
    minus: `{{ ${'-'.repeat(60_000)}1 }}`,
    plus: `{{ 1${'+1'.repeat(30_000)} }}`,
    ternaries: `{{ ${'1 if 1 else '.repeat(5000)}1 }}`,
    members: `{{ a${'.a'.repeat(30_000)} }}`,
    filters: `{{ 'a'${'|trim'.repeat(12_000)} }}`,
    blank: `${' '.repeat(1999)}x`.repeat(30),
    range: '{{ range(1000000000) }}',
    rangeWithoutEnd: '{{ range(0, 10, 0) }}',
    rangeOfText: "{{ range('a') }}",
    recursion: '{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}',
  };
  for (const [name, source] of Object.entries(hostile)) {
    const start = performance.now();
    try {
      createChatTemplate(source).render(HELLO);
    } catch (error) {
      assert.ok(isVitrineError(error, 'bad-template'), `${name}: ${error}`);
    }
    const ms = performance.now() - start;
    assert.ok(ms < 5000, `${name} took ${ms} ms`);
  }
});

test('a template longer than the limit is refused unread', () => {
  assert.match(refusal('x'.repeat(64 * 1024 + 1)), /at most 65536 characters, got 65537/);
  assert.equal(createChatTemplate('x'.repeat(64 * 1024)).render(HELLO).length, 64 * 1024);
});

test('white space in one piece is bounded, since the parser takes the square of it', () => {
  for (const blank of [' ', '\n', '\t ', '\r\n']) {
    assert.match(refusal(`a${blank.repeat(2001)}b`), /at most 2000 characters of white space/);
  }
  assert.equal(createChatTemplate(`a${' '.repeat(2000)}b`).render(HELLO).length, 2002);
});

const SQUARE = '{% for i in range(300) %}{% for j in range(300) %}{% endfor %}{% endfor %}';

test('what loops, doubles or copies without end is stopped after a number of steps', () => {
  const set = (value: string) => `{% set ns.s = ${value} %}`;
  const grow = (start: string, value: string, rounds = 100) =>
    `{% set ns = namespace(s=${start}) %}{% for i in range(${rounds}) %}${set(value)}{% endfor %}`;
  const hostile: Record<string, string> = {
    emptyRounds: '{% set l = range(1000) %}{% for i in l %}{% for j in l %}{% for k in l %}'.concat(
      '{% endfor %}'.repeat(3),
    ),
    squared: '{% set l = range(90000) %}{% for i in l %}{% for j in l %}x{% endfor %}{% endfor %}',
    listDoubles: grow('[1]', 'ns.s + ns.s'),
    textDoubles: grow("'ab'", 'ns.s + ns.s'),
    // Small in memory, without end as JSON.
    sharedLists: `${grow('[1]', '[ns.s, ns.s]', 40)}{{ ns.s | tojson }}`,
    sharedMappings: `${grow("{'a': 1}", "{'a': ns.s, 'b': ns.s}", 40)}{{ ns.s }}`,
    kept: grow('[]', 'ns.s + [range(90000)]', 10000),
    searched: '{% set l = range(90000) %}{% for i in l %}{% if -1 in l %}x{% endif %}{% endfor %}',
    sorted: '{% set l = range(90000) %}{% for i in l %}{{ (l | sort)[0] }}{% endfor %}',
  };
  for (const [name, source] of Object.entries(hostile)) {
    assert.match(refusal(source), /takes more than \d+ steps for these messages/, name);
  }
  const nested = '{% set a = namespace() %}{% set b = [a] %}';
  assert.match(refusal(nested), /a namespace into a list/);
  assert.equal(createChatTemplate(`${SQUARE}done`).render(HELLO), 'done');
});

test('a thousand messages take a twentieth of the steps that they may', () => {
  const message = (i: number): ChatMessage => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: 'word '.repeat(200),
  });
  const messages = Array.from({ length: 1001 }, (_, i) => message(i));
  for (const name of ['chatml-system', 'header-ids', 'inst-brackets', 'macros', 'thinking']) {
    const bare = stepsOf(templateSource(name), messages);
    assert.ok(
      bare * 20 <
        stepsFor({
          messages: messages.length,
          units: messages.reduce((sum, { content }) => sum + content.length, 0),
        }),
      `${name} takes ${bare}`,
    );
  }
});

/** Steps that a template takes for messages. */
function stepsOf(source: string, messages: readonly ChatMessage[]): number {
  const environment = new Environment();
  const names = { true: true, false: false, none: null, bos_token: '', eos_token: '' };
  const variables = { ...names, messages, add_generation_prompt: true, tools: null };
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  const interpreter = new BoundedInterpreter(environment, Number.POSITIVE_INFINITY);
  interpreter.run(parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })));
  return interpreter.steps;
}

test('strip, lstrip and rstrip take away the characters given, as in Python', () => {
  const cases: [string, string][] = [
    ["'\\n  a\\n'.lstrip('\\n')", '  a\n'],
    ["'  a\\n\\n'.rstrip('\\n')", '  a'],
    ["'xyaxby'.strip('yx')", 'axb'],
    ["'xxx'.strip('x')", ''],
    ["'\u{1f600}a\u{1f600}'.strip('\u{1f600}')", 'a'],
    ["'  a '.strip()", 'a'],
    ["('b' + 'ab').rstrip('b').lstrip('b')", 'a'],
  ];
  for (const [expression, expected] of cases) {
    assert.equal(createChatTemplate(`{{ ${expression} }}`).render(HELLO), expected, expression);
  }
  refusal("{{ messages.strip('x') }}");
  refusal("{{ 'x'.strip(1, 2).nosuch() }}");
});
