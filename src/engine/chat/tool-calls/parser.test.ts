/** The parser of tool calls on the table of cases, in every way that a text can be cut. */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import {
  type Outcome,
  outcomesOf,
  TOOL_CALL_CASES,
  TOOL_NAMES,
} from '../../../../test/oracle/chat/tool-call-cases.ts';
import { Random } from '../../kernels/index.ts';
import type { ToolCallEvent } from './events.ts';
import { createToolCallParser, TOOL_SYNTAXES, type ToolSyntaxName } from './index.ts';

function parse(syntax: ToolSyntaxName, pieces: readonly string[], whole = false): Outcome[] {
  const parser = createToolCallParser(TOOL_SYNTAXES[syntax], { names: TOOL_NAMES, whole });
  const events = pieces.flatMap((piece) => parser.push(piece));
  return outcomesOf([...events, ...parser.end()]);
}

for (const { syntax, input, outcomes, whole } of TOOL_CALL_CASES) {
  test(`${syntax}: ${JSON.stringify(input).slice(0, 70)}`, () => {
    assert.deepEqual(parse(syntax, [input]), outcomes);
    assert.deepEqual(parse(syntax, [input], true), whole ?? outcomes);
    for (let cut = 1; cut < input.length; cut += 1) {
      const pieces = [input.slice(0, cut), input.slice(cut)];
      assert.deepEqual(parse(syntax, pieces), outcomes, `cut at ${cut}`);
    }
    assert.deepEqual(parse(syntax, input.split('')), outcomes, 'unit by unit');
  });
}

test('every beginning of every case loses nothing, however it is cut', () => {
  for (const { syntax, input } of TOOL_CALL_CASES) {
    for (let end = 0; end <= input.length; end += 1) {
      const start = input.slice(0, end);
      const expected = parse(syntax, [start]);
      assert.deepEqual(parse(syntax, start.split('')), expected, start);
      // Without a call all of it is text, or the text of a broken one.
      if (expected.some((outcome) => typeof outcome !== 'string' && 'json' in outcome)) continue;
      const texts = expected.map((outcome) =>
        typeof outcome === 'string' ? outcome : textOf(outcome),
      );
      assert.equal(texts.join(''), start);
    }
  }
});

function textOf(outcome: Exclude<Outcome, string>): string {
  return 'text' in outcome ? outcome.text : assert.fail();
}

test('no beginning of a marker is shown before it is certain that it is none', () => {
  for (const syntax of Object.values(TOOL_SYNTAXES)) {
    for (const { marker, isBare } of syntax.openings) {
      if (isBare) continue;
      const parser = createToolCallParser(syntax);
      const shown: ToolCallEvent[] = parser.push('Hello ');
      for (const unit of marker) shown.push(...parser.push(unit));
      assert.deepEqual(shown, [{ type: 'text', text: 'Hello ' }], marker);
    }
  }
});

test('the name comes before the arguments, and these as they are written', () => {
  const parser = createToolCallParser(TOOL_SYNTAXES.hermes);
  assert.deepEqual(parser.push('<tool_call>\n{"name": "f", "argu'), []);
  const start = { type: 'call-start', index: 0, name: 'f' };
  const piece = (json: string) => ({ type: 'call-arguments', index: 0, json });
  assert.deepEqual(parser.push('ments": {"a'), [start, piece('{"a')]);
  assert.deepEqual(parser.push('": "b'), [piece('": "b')]);
  assert.deepEqual(parser.push('"}'), [piece('"}')]);
  assert.deepEqual(parser.push('}\n</tool_call>'), [{ type: 'call-end', index: 0 }]);
  assert.deepEqual(parser.end(), []);
});

test('markers of one syntax are no beginnings of each other', () => {
  for (const { openings } of Object.values(TOOL_SYNTAXES)) {
    for (const one of openings) {
      for (const other of openings) {
        assert.ok(one === other || !one.marker.startsWith(other.marker));
      }
    }
  }
});

test('time and text grow with the input alone: a million units of hostile text', () => {
  const count = 1_000_000;
  const hostile: [ToolSyntaxName, string][] = [
    ['hermes', '<tool_call>'.repeat(count / 10)],
    ['hermes', '<'.repeat(count)],
    ['hermes', `<tool_call>${'['.repeat(count)}`],
    ['hermes', `<tool_call>{"name": "f", "arguments": {"a": ${'['.repeat(count)}`],
    ['hermes', `<tool_call>{"name": "f", "arguments": {"a": "${'\\"'.repeat(count / 2)}`],
    ['hermes', `<tool_call>{"name": "f"}${' '.repeat(count)}`],
    ['hermes', '<tool_call>{"name":"f"} '.repeat(count / 24)],
    ['llama3', ' '.repeat(count)],
    ['llama3', `<|python_tag|>f(${'('.repeat(count)}`],
    ['llama3', `<|python_tag|>f(a="${'\\'.repeat(count)}`],
    ['mistral', `[TOOL_CALLS]${'f'.repeat(count)}`],
    ['mistral', '[TOOL_CALLS]f{}'.repeat(count / 15)],
    ['gemma', `\`\`\`tool_code\n${'f(a=1)\n'.repeat(count / 7)}`],
    ['gemma', '```tool_code\nf(a=)```'.repeat(count / 20)],
    ['gemma', `[f(${'a=1,'.repeat(count / 4)}`],
    ['gemma4', `<|tool_call>call:f{a:${'[['.repeat(count / 2)}<tool_call|>`],
    ['gemma4', `<|tool_call>call:f{${'<|"|>'.repeat(count / 5)}<tool_call|>`],
    ['gemma4', `<|tool_call>call:f{a:${'-'.repeat(count)}<tool_call|>`],
  ];
  for (const [syntax, input] of hostile) {
    const start = process.cpuUsage();
    const parser = createToolCallParser(TOOL_SYNTAXES[syntax]);
    let units = 0;
    for (let at = 0; at < input.length; at += 1000) {
      for (const event of parser.push(input.slice(at, at + 1000))) units += unitsOf(event);
    }
    for (const event of parser.end()) units += unitsOf(event);
    const { user } = process.cpuUsage(start);
    assert.ok(user < 5_000_000, `${syntax} ${input.slice(0, 30)}: ${user / 1e6} s`);
    assert.ok(units <= 2 * input.length + 100, `${syntax} ${input.slice(0, 30)}: ${units} units`);
  }
});

function unitsOf(event: ToolCallEvent): number {
  if (event.type === 'text' || event.type === 'call-broken') return event.text.length;
  return event.type === 'call-arguments' ? event.json.length : 0;
}

test('3000 texts made of pieces of calls give the same outcomes however they are cut', (t) => {
  const seed = Number(process.env.VITRINE_INTERNAL_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed} (VITRINE_INTERNAL_TEST_SEED)`);
  const random = new Random(seed);
  const below = (n: number): number => random.next() % n;
  for (let round = 0; round < 3000; round += 1) {
    const { syntax } = TOOL_CALL_CASES[below(TOOL_CALL_CASES.length)];
    const inputs = TOOL_CALL_CASES.filter((one) => one.syntax === syntax).map(({ input }) => input);
    let text = '';
    for (let parts = 1 + below(4); parts > 0; parts -= 1) {
      const input = inputs[below(inputs.length)];
      const from = below(2) === 0 ? 0 : below(input.length);
      text += input.slice(from, below(2) === 0 ? undefined : from + below(40));
    }
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      const length = 1 + below(9);
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    const where = `seed ${seed}, round ${round}: ${JSON.stringify(text)}`;
    assert.deepEqual(parse(syntax, pieces), parse(syntax, [text]), where);
  }
});
