import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapComments } from '../scripts/wrap-comments.ts';

const WIDE = 'word '.repeat(22).trim();
const FITS = 'word '.repeat(19).trim();

test('words that are too many move to the next line of the comment', () => {
  const wrapped = wrapComments(`/**\n * ${WIDE}\n * end.\n */\nconst a = 1;\n`);
  assert.equal(wrapped, `/**\n * ${FITS}\n * word word word end.\n */\nconst a = 1;\n`);
});

test('a comment on one line becomes a block', () => {
  assert.equal(wrapComments(`  /** ${WIDE} */`), `  /**\n   * ${FITS}\n   * word word word\n   */`);
});

test('a list, a tag or code on the next line is not run into', () => {
  for (const next of [' * @throws x', ' * - item', ' *   drawing', ' */', 'const a = 1;']) {
    assert.equal(wrapComments(` * ${WIDE}\n${next}`), ` * ${FITS}\n * word word word\n${next}`);
  }
  assert.equal(wrapComments(`// ${WIDE}\nlet a;`), `// ${FITS}\n// word word word\nlet a;`);
});

test('what fits, drawings, and words without a gap stay', () => {
  for (const text of [
    ` * ${FITS}`,
    ` *   ${WIDE}`,
    ` * ${'x'.repeat(120)}`,
    `const a = '${WIDE}';`,
  ]) {
    assert.equal(wrapComments(text), text);
  }
});
