import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurationPage } from '../scripts/configuration-page.ts';
import { DECLARATIONS, type Declaration } from '../src/base/index.ts';

test('every declared variable has its row, with the flag and the range', () => {
  const page = configurationPage();
  for (const { name } of DECLARATIONS) assert.ok(page.includes(`| \`${name}\``), name);
  assert.match(page, /\| `VITRINE_PORT`, or `PORT` \| `--port` \| 0 to 65535 \| 8000 \|/);
});

test('a bar in a text does not end a cell', () => {
  const declaration: Declaration = {
    ...{ name: 'VITRINE_PORT', type: 'string', defaultText: 'a|b', meaning: 'c' },
  };
  assert.ok(configurationPage([declaration]).includes('| text | a\\|b | c |'));
});
