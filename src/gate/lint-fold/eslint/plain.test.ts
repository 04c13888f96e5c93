import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf } from './compare.ts';
import type { Effective } from './model.ts';
import { plainCopy, withoutInherited } from './plain.ts';
import { valueSource } from './source-text.ts';

const NAMES = '{"__proto__": {"a": 1}, "constructor": 2, "b": [{"toString": 3}]}';

test('a copy, and its source, keep the names that every object has', async () => {
  const copied = plainCopy(JSON.parse(NAMES), 'x', []);
  assert.equal(JSON.stringify(copied), JSON.stringify(JSON.parse(NAMES)));
  const source = `export default ${valueSource(copied)}`;
  const module = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    default: unknown;
  };
  assert.equal(JSON.stringify(module.default), JSON.stringify(copied));
});

test('what the old system never took over is left out at any depth', () => {
  assert.deepEqual(withoutInherited(JSON.parse(NAMES)), { b: [{}] });
});

test('a name that every object has is absent where nobody set it', () => {
  const effective = (settings: object) =>
    ({ rules: {}, globals: {}, parserInput: {}, settings }) as unknown as Effective;
  assert.deepEqual(differencesOf(effective({}), effective({ constructor: 1 })), [
    { aspect: 'setting', what: 'constructor', before: undefined, after: 1 },
  ]);
});
