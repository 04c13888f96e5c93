import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import {
  ANTHROPIC_UNSUPPORTED,
  ChatCompletionRequest,
  MessagesRequest,
  OPENAI_UNSUPPORTED,
  schemaProblem,
  seedOf,
} from './index.ts';

const ANTHROPIC = { model: 'm', max_tokens: 8, messages: [{ role: 'user', content: 'hello' }] };
const OPENAI = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };

/** Fields that replace those of a good request; the message it gets. */
const ANTHROPIC_CASES: [object, string][] = [
  [
    { model: undefined },
    'model is required: expected a string of 1 to 256 characters, got nothing',
  ],
  [{ model: '' }, 'model: expected a string of 1 to 256 characters, got an empty one'],
  [{ model: 7 }, 'model: expected a string of 1 to 256 characters, got 7'],
  [{ max_tokens: 0 }, 'max_tokens: expected a whole number of at least 1, got 0'],
  [{ max_tokens: '8' }, 'max_tokens: expected a whole number of at least 1, got "8"'],
  [{ max_tokens: 1.5 }, 'max_tokens: expected a whole number of at least 1, got 1.5'],
  [{ max_tokens: null }, 'max_tokens: expected a whole number of at least 1, got null'],
  [{ temperature: 1.1 }, 'temperature: expected a number from 0 to 1, got 1.1'],
  [{ stream: 'yes' }, 'stream: expected true or false, got "yes"'],
  [{ messages: [] }, 'messages: expected an array of 1 to 10000 items, got 0 items'],
  [{ messages: {} }, 'messages: expected an array of 1 to 10000 items, got an object'],
  [
    { messages: [{ role: 'system', content: 'x' }] },
    'messages[0].role: expected "user" or "assistant", got "system"',
  ],
  [
    { messages: [{ role: 'user', content: 3 }] },
    'messages[0].content: expected a string or an array, got 3',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] },
    'messages[0].content[0].type: content blocks other than text are not supported yet; ' +
      'expected "text", got "image"',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    'messages[0].content[0].text is required: expected a string, got nothing',
  ],
  [
    { tools: [{ name: 'x' }] },
    'tools: tools are not supported yet; expected an empty array, got one item',
  ],
  [
    { thinking: { type: 'enabled', budget_tokens: 1024 } },
    'thinking.type: thinking is not supported yet; expected "disabled", got "enabled"',
  ],
  [{ tool_choice: { type: 'any' } }, 'tool_choice is not supported yet; leave the field out'],
  [{ temprature: 1 }, 'temprature is an unknown field; did you mean temperature?'],
  [{ xyzzy: 1 }, 'xyzzy is an unknown field; leave it out'],
  [JSON.parse('{"__proto__": 1}'), '__proto__ is an unknown field; leave it out'],
  [
    { seed: 2 ** 53 },
    'seed: expected a whole number from -9007199254740991 to 9007199254740991 (larger ones as ' +
      'strings of digits), got 9007199254740992',
  ],
  [
    JSON.parse('{"max_tokens": 1e999}'),
    'max_tokens: expected a whole number of at least 1, got a number beyond 1.8e308',
  ],
  [{ top_k: 1e300 }, 'top_k: expected a whole number from 0 to 9007199254740991, got 1e+300'],
  [
    { stop_sequences: ['a', ''] },
    'stop_sequences[1]: expected a string of 1 to 4096 characters, got an empty one',
  ],
];

const OPENAI_CASES: [object, string][] = [
  [{ n: 2 }, 'n: several choices are not supported yet; expected 1, got 2'],
  [
    { response_format: { type: 'json_object' } },
    'response_format.type: structured output is not supported yet; expected "text", ' +
      'got "json_object"',
  ],
  [
    { messages: [{ role: 'tool', content: 'x', tool_call_id: '1' }] },
    'messages[0].role: expected "system", "developer", "user" or "assistant", got "tool"',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
    'messages[0].content[0].type: content parts other than text are not supported yet; ' +
      'expected "text", got "image_url"',
  ],
  [
    { messages: [{ role: 'user', content: 'x', name: 'Ann' }] },
    'messages[0].name is not supported yet; leave the field out',
  ],
  [{ logit_bias: { '5': 101 } }, 'logit_bias."5": expected a number from -100 to 100, got 101'],
  [
    { logit_bias: { hello: 1 } },
    'logit_bias.hello: expected names that match ^(0|[1-9][0-9]{0,8})$, got "hello"',
  ],
  [
    { logit_bias: { '07': 1 } },
    'logit_bias."07": expected names that match ^(0|[1-9][0-9]{0,8})$, got "07"',
  ],
  [
    { top_k: 2 ** 53 },
    'top_k: expected a whole number from 0 to 9007199254740991, got 9007199254740992',
  ],
  [{ top_logprobs: 21 }, 'top_logprobs: expected a whole number from 0 to 20, got 21'],
  [{ reasoning_effort: 'low' }, 'reasoning_effort is not supported yet; leave the field out'],
  [
    { stop: 5 },
    'stop: expected a string of 1 to 4096 characters or an array of 0 to 64 items, got 5',
  ],
];

test('every refusal names the field, what was expected and what came', () => {
  for (const [cases, base, schema, unsupported] of [
    [ANTHROPIC_CASES, ANTHROPIC, MessagesRequest, ANTHROPIC_UNSUPPORTED],
    [OPENAI_CASES, OPENAI, ChatCompletionRequest, OPENAI_UNSUPPORTED],
  ] as const) {
    const validator = Compile(schema);
    for (const [fields, message] of cases) {
      const request = withFields(base, fields);
      assert.equal(validator.Check(request), false, message);
      assert.equal(schemaProblem(schema, request, unsupported)?.message, message);
    }
  }
});

test('a body that is not an object is refused as a whole', () => {
  for (const [body, came] of [
    [undefined, 'nothing'],
    [null, 'null'],
    [[], 'an array'],
    ['{}', '"{}"'],
  ]) {
    const problem = schemaProblem(MessagesRequest, body);
    assert.equal(problem?.message, `the body: expected an object, got ${came}`);
  }
});

test('what came is shown shortened', () => {
  const request = { ...ANTHROPIC, max_tokens: 'x'.repeat(1000) };
  const message = schemaProblem(MessagesRequest, request)?.message ?? '';
  assert.ok(message.length < 140, message);
});

test('the explanation and the validator agree on thousands of mutated requests', () => {
  const values = [
    undefined,
    null,
    0,
    -1,
    1,
    1.5,
    1e300,
    '',
    'x',
    true,
    [],
    {},
    [{}],
    ['x'],
    'text',
  ];
  let refused = 0;
  for (const [schema, full] of [
    [MessagesRequest, { ...ANTHROPIC, ...everyField(MessagesRequest) }],
    [ChatCompletionRequest, { ...OPENAI, ...everyField(ChatCompletionRequest) }],
  ] as const) {
    const validator = Compile(schema);
    for (const path of pathsOf(full)) {
      for (const value of values) {
        const request = structuredClone(full);
        setAt(request, path, value);
        const isGood = validator.Check(request);
        const problem = schemaProblem(schema, request);
        assert.equal(problem === undefined, isGood, `${path.join('.')} = ${JSON.stringify(value)}`);
        if (!isGood) refused += 1;
      }
    }
  }
  assert.ok(refused > 500, String(refused));
});

test('a seed is 64 bits, from numbers and from strings, negative ones as their two’s complement', () => {
  assert.equal(seedOf(0), 0n);
  assert.equal(seedOf(-1), 2n ** 64n - 1n);
  assert.equal(seedOf('18446744073709551615'), 2n ** 64n - 1n);
  assert.equal(seedOf('-9223372036854775808'), 2n ** 63n);
  assert.equal(seedOf('18446744073709551616'), undefined);
  assert.equal(seedOf('-9223372036854775809'), undefined);
});

function withFields(base: object, fields: object): object {
  const request: Record<string, unknown> = { ...base };
  for (const key of Object.getOwnPropertyNames(fields)) {
    const value = (fields as Record<string, unknown>)[key];
    if (value === undefined) delete request[key];
    else Object.defineProperty(request, key, { value, enumerable: true });
  }
  return request;
}

function everyField(schema: { properties: object }): Record<string, unknown> {
  const text = [{ type: 'text', text: 'x' }];
  const known: Record<string, unknown> = {
    system: text,
    stop: ['x'],
    stop_sequences: ['x'],
    metadata: {},
    stream_options: { include_usage: true },
    logit_bias: { '1': 1 },
    response_format: { type: 'text' },
    thinking: { type: 'disabled' },
  };
  const keys = Object.keys(schema.properties).filter((key) => key in known);
  return {
    ...Object.fromEntries(keys.map((key) => [key, known[key]])),
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: 'x' },
    ],
    temperature: 1,
    seed: 5,
  };
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key])),
  ].filter((found) => found.length > 0);
}

function setAt(root: object, path: readonly string[], value: unknown): void {
  let place = root as Record<string, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  const key = path[path.length - 1];
  if (value === undefined && !Array.isArray(place)) delete place[key];
  else place[key] = value;
}
