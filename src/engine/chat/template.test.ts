/** Prompts against those of transformers (test/oracle/chat), and templates that are out to harm. */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { readPrompts, templateSource } from '../../../test/oracle/chat/load.ts';
import { isVitrineError } from '../../base/index.ts';
import { createChatTemplate } from './index.ts';
import type { ChatMessage, PromptOptions } from './types.ts';

const FILE = readPrompts();
const HELLO: ChatMessage[] = [{ role: 'user', content: 'Hello' }];

// Prompts that differ, each with its reason: "template chat mode".
const BOOLEANS = '@huggingface/jinja prints true where Python prints True';
const STRIP = '@huggingface/jinja ignores the argument of lstrip and strips all white space';
const KEPT = 'transformers keeps the white space at the end that the template trims; we do not';

const KNOWN_DIVERGENCE: Record<string, string> = {
  'thinking 4 generate': STRIP,
  'thinking 4 closed': STRIP,
  'inst-brackets 11 continue': KEPT,
};

function divergenceOf(template: string, chat: number, mode: string): string | undefined {
  // What follows an open message is cut off, so there the booleans do not show.
  if (template === 'booleans' && mode !== 'continue') return BOOLEANS;
  return KNOWN_DIVERGENCE[`${template} ${chat} ${mode}`];
}

function promptOf(name: string, chat: readonly ChatMessage[], mode: string): string | null {
  const { bos_token: bosToken, eos_token: eosToken } = FILE.tokens;
  const template = createChatTemplate(templateSource(name), { bosToken, eosToken });
  const options = { addGenerationPrompt: mode === 'generate', continueFinal: mode === 'continue' };
  try {
    return template.render(chat, { ...options, nowMs: FILE.nowMs });
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
      const reason = divergenceOf(name, chat, mode);
      if (reason === undefined) assert.equal(ours, prompt, key);
      else assert.notEqual(ours, prompt, `${key} is equal now: take it off (${reason})`);
    }
  });
}

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
  const large = 250_000;
  const hostile: Record<string, string> = {
    brackets: `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`,
    lists: `{{ ${'['.repeat(120_000)} }}`,
    ifs: `${'{% if true %}'.repeat(8000)}x${'{% endif %}'.repeat(8000)}`,
    open: '{% '.repeat(80_000),
    openExpression: '{{'.repeat(120_000),
    comments: '{# '.repeat(80_000),
    angles: '<'.repeat(large),
    braces: '{'.repeat(large),
    escapes: `{{ '${'\\\\'.repeat(120_000)}' }}`,
    unterminated: `{{ '${'a'.repeat(large)}`,
    digits: `{{ ${'1'.repeat(large)} }}`,
    minus: `{{ ${'-'.repeat(200_000)}1 }}`,
    plus: `{{ 1${'+1'.repeat(120_000)} }}`,
    ternaries: `{{ ${'1 if 1 else '.repeat(20_000)}1 }}`,
    members: `{{ a${'.a'.repeat(120_000)} }}`,
    filters: `{{ 'a'${'|trim'.repeat(50_000)} }}`,
    doubling: `{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}`,
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
  assert.match(refusal('x'.repeat(256 * 1024 + 1)), /at most 262144 characters, got 262145/);
});

/**
 * Known holes: template.ts says that loops are not stopped, and its parser is quadratic in runs of
 * white space. Each fails the day the hole is closed.
 */
test('known hole: nested loops are not stopped (250,000 rounds run to the end)', () => {
  const source = '{% for i in range(500) %}{% for j in range(500) %}{% endfor %}{% endfor %}done';
  assert.equal(createChatTemplate(source).render(HELLO), 'done');
});

test('known hole: 16 times the white space takes far more than 16 times as long to parse', () => {
  const parseMs = (length: number, repeats: number): number => {
    const times = Array.from({ length: repeats }, () => {
      const start = performance.now();
      createChatTemplate(' '.repeat(length));
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  assert.ok(parseMs(16_000, 1) > 40 * parseMs(1000, 20));
});
