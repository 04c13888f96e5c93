import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  create,
  createFileRegistry,
  createRegistry,
  type DescMessage,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type FieldInit, FieldType, ruledFiles } from '../../../test/proto-files.ts';
import { openRuleBook, type RuleBook } from './book.ts';

/** As a plug-in gets them: from bytes. */
function open(...fields: FieldInit[]): { book: RuleBook; desc: DescMessage } {
  const set = create(FileDescriptorSetSchema, { file: ruledFiles(fields) });
  const bytes = toBinary(FileDescriptorSetSchema, set);
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const desc = registry.getMessage('ruled.Ruled') as DescMessage;
  return { book: openRuleBook(createRegistry(...registry.files)), desc };
}

const text = (rules: FieldInit['rules']): FieldInit => ({
  name: 'text',
  number: 1,
  type: FieldType.STRING,
  ...(rules && { rules }),
});

describe('samples from rules', () => {
  it('are none where there are no rules', () => {
    const { book, desc } = open(text(undefined));
    assert.equal(book.has(desc), false);
  });

  const CASES: [string, FieldInit, string[]][] = [
    [
      'lengths',
      text({ type: { case: 'string', value: { minLen: 3n, maxLen: 5n } } }),
      ['string.min_len', 'string.max_len'],
    ],
    [
      'a pattern',
      text({ type: { case: 'string', value: { pattern: '^[a-f]{4}$' } } }),
      ['string.pattern'],
    ],
    [
      'a format',
      text({ type: { case: 'string', value: { wellKnown: { case: 'email', value: true } } } }),
      ['string.email', 'string.email_empty'],
    ],
    ['presence', text({ required: true }), ['required']],
    [
      'CEL',
      text({ cel: [{ id: 'seven', message: '', expression: 'this.size() == 7' }] }),
      ['seven'],
    ],
    [
      'numbers',
      {
        name: 'n',
        number: 1,
        type: FieldType.INT64,
        rules: { type: { case: 'int64', value: { greaterThan: { case: 'gt', value: 5n } } } },
      },
      ['int64.gt'],
    ],
    [
      'lists',
      {
        name: 'list',
        number: 1,
        type: FieldType.STRING,
        isRepeated: true,
        rules: { type: { case: 'repeated', value: { minItems: 2n, maxItems: 3n, unique: true } } },
      },
      ['repeated.min_items', 'repeated.max_items', 'repeated.unique'],
    ],
  ];
  for (const [name, field, rules] of CASES) {
    it(`hold a valid one and one that breaks each rule: ${name}`, () => {
      const { book, desc } = open(field);
      const { valid, invalid, notes } = book.samples(desc);
      assert.deepEqual(notes, []);
      assert.equal(valid[0]?.name, 'typical');
      for (const sample of valid) assert.deepEqual(book.broken(sample.value), [], sample.name);
      const broken = new Set(invalid.flatMap((sample) => sample.rules));
      assert.deepEqual([...broken].sort(), [...rules].sort());
    });
  }

  it('say what could not be made', () => {
    const { book, desc } = open(
      text({ cel: [{ id: 'odd', message: '', expression: "this == 'x' && this == 'y'" }] }),
    );
    const { valid, notes } = book.samples(desc);
    assert.deepEqual(valid, []);
    assert.match(notes[0] ?? '', /no valid sample found: the typical one breaks odd/);
  });

  it('are not made from rules that do not compile', () => {
    const { book, desc } = open(text({ cel: [{ id: 'bad', message: '', expression: 'this +' }] }));
    assert.match(book.samples(desc).notes[0] ?? '', /no rule samples/);
  });
});
