/** A short seeded run of every fuzzer (docs/fuzzing.md), and canaries that must be noticed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChatTemplate, createToolCallParser } from '../src/engine/chat/index.ts';
import { templateTarget } from '../src/engine/chat/template.fuzz.ts';
import { toolCallTarget } from '../src/engine/chat/tool-calls/parser.fuzz.ts';
import { runTarget } from './fuzz/driver.ts';
import { fuzzTargets } from './fuzz/targets.ts';
import { templateSource } from './oracle/chat/load.ts';

const CASES = 3000;

for (const target of fuzzTargets()) {
  test(`${target.name}: ${CASES} cases end in one of the ways that they may`, (t) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`npm run fuzz -- --target "${target.name}" --seed ${seed} --cases ${CASES}`);
    const { outcomes } = runTarget(target, { seed, cases: CASES });
    t.diagnostic(JSON.stringify(outcomes));
    // Cases that never got past the first check would prove nothing.
    for (const outcome of target.outcomes) assert.ok(outcomes[outcome] > 2, outcome);
  });
}

test('a case is the same again, alone or in a run', () => {
  const [target] = fuzzTargets();
  const inputs: number[] = [];
  const spied = {
    ...target,
    make: (...args: Parameters<typeof target.make>) => {
      const made = target.make(...args);
      inputs.push(made.inputBytes);
      return made;
    },
  };
  runTarget(spied, { seed: 7, cases: 300 });
  const whole = inputs.splice(0);
  runTarget(spied, { seed: 7, from: 200, cases: 100 });
  assert.deepEqual(inputs, whole.slice(200));
});

test('the fuzzer notices a parser of tool calls that loses text, invents it, or is not its pieces', () => {
  const run = (change: (text: string) => string) => () => {
    const target = toolCallTarget((...args) => {
      const parser = createToolCallParser(...args);
      return { end: parser.end.bind(parser), push: (piece) => parser.push(change(piece)) };
    });
    runTarget(target, { seed: 1, cases: 2000 });
  };
  assert.throws(
    run((text) => text.replace('\\', '')),
    /lost or made up|pieces differ/,
  );
  assert.throws(
    run((text) => text.trim()),
    /lost or made up|pieces differ/,
  );
  assert.throws(
    run((text) => text.replace(/}$/, '}}')),
    /lost or made up|pieces differ/,
  );
  runTarget(toolCallTarget(), { seed: 1, cases: 2000 });
});

test('the fuzzer notices a template that crashes, hoards memory, or stays too long', () => {
  const sources = [templateSource('tools-hermes')];
  const run =
    (render: () => string, msMax = 20_000) =>
    () => {
      const create = ((...args) => ({
        ...createChatTemplate(...args),
        render,
      })) as typeof createChatTemplate;
      runTarget({ ...templateTarget(sources, create), msMax }, { seed: 1, cases: 200 });
    };
  assert.throws(
    run(() => {
      throw new TypeError('x');
    }),
    /templates: seed 1, case \d+: TypeError/,
  );
  assert.throws(
    run(() => String(new Uint8Array(600 * 2 ** 20).length)),
    /bytes of memory/,
  );
  const slow = () => {
    const end = performance.now() + 30;
    while (performance.now() < end);
    return '';
  };
  assert.throws(run(slow, 20), /took \d+/);
});
