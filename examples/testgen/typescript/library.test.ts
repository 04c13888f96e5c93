/**
 * Tests of library/v1/library.proto. Written once by protoc-gen-vitrine-test; yours from now on: it
 * is never overwritten. Filled in here as docs/testgen.md says, from library.proto and nothing
 * else.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { DescribeBookResponseSchema } from './gen/library/v1/library_pb.ts';
import { defineTests } from './gen/library/v1/library_test.gen.ts';
import { createLibrary } from './library.ts';

/** What the typical book of the generated cases must be answered with. */
const typical = {
  label: 'title 2 (novel)',
  // 104, donated
  price: 52n,
  available: true,
  // 17 + 18
  onShelves: 35n,
  tags: ['tags 6', 'tags 7'],
} satisfies MessageInitShape<typeof DescribeBookResponseSchema>;

const book = (change: Partial<MessageInitShape<typeof DescribeBookResponseSchema>> = {}) => ({
  reply: { ...typical, ...change },
});

const numbers = (...values: number[]) => ({ replies: values.map((value) => ({ value })) });

/** The answer to the typical request, with changes. */
const echo = (change: { text?: string; dataLength?: number; weight?: number } = {}) => ({
  replies: [{ index: 0, text: 'TEXT 1', dataLength: 3, weight: 3.5, ...change }],
});

defineTests({
  LibraryService: {
    implementation: createLibrary,
    expected: {
      describeBook: {
        typical: book(),
        'book.title = 1 character': book({ label: 'a (novel)' }),
        'book.title = 1 two-byte character': book({ label: '\u00e9 (novel)' }),
        'book.title = 2 characters': book({ label: 'aa (novel)' }),
        'book.title = 2 two-byte characters': book({ label: '\u00e9\u00e9 (novel)' }),
        'book.title = 80 characters': book({ label: `${'a'.repeat(80)} (novel)` }),
        'book.title = 80 two-byte characters': book({ label: `${'\u00e9'.repeat(80)} (novel)` }),
        'book.title = 79 characters': book({ label: `${'a'.repeat(79)} (novel)` }),
        'book.title = 79 two-byte characters': book({ label: `${'\u00e9'.repeat(79)} (novel)` }),
        'book.title = spaces': book({ label: '   (novel)' }),
        'book.title = unicode': book({ label: 'Zo\u00eb 漢字 😀 e\u0301 (novel)' }),
        'book.genre unset': book({ label: 'title 2' }),
        'book.genre = GENRE_ESSAY': book({ label: 'title 2 (essay)' }),
        'book.genre = GENRE_POETRY': book({ label: 'title 2 (poetry)' }),
        'book.price unset': book({ price: 0n }),
        'book.price = 1000000': book({ price: 500000n }),
        'book.price = 999999': book({ price: 499999n }),
        'book.price = 1': book({ price: 0n }),
        'book.copies unset': book({ available: false }),
        'book.copies = zero': book({ available: false }),
        'book.copies = minus one': book({ available: false }),
        'book.copies = max': book(),
        'book.copies = min': book({ available: false }),
        'book.tags unset': book({ tags: [] }),
        'book.tags = 1 item': book({ tags: ['tags 6'] }),
        'book.tags = 2 items': book(),
        'book.tags = 3 items': book({ tags: ['tags 6', 'tags 7', 'tags 8'] }),
        'book.shelves unset': book({ onShelves: 0n }),
        'book.shelves = one': book({ onShelves: 17n }),
        'book.added unset': book(),
        'book.added = epoch': book(),
        'book.added = before the epoch': book(),
        'book.added = min': book(),
        'book.added = max': book(),
        'book.donor unset': book({ price: 104n }),
        'book.donor = empty': book(),
        'book.donor = spaces': book(),
        'book.donor = unicode': book(),
        'book.donor = long': book(),
        'book.invoice = zero': book({ price: 104n }),
        'book.invoice = minus one': book({ price: 104n }),
        'book.invoice = max': book({ price: 104n }),
        'book.invoice = min': book({ price: 104n }),
      },
      count: {
        zero: numbers(),
        typical: numbers(11, 23, 35, 47, 59),
        'from unset': numbers(0, 12, 24, 36, 48),
        'from = minus one': numbers(-1, 11, 23, 35, 47),
        'from = max': { ...numbers(2147483647), error: Code.OutOfRange },
        'from = min': numbers(-2147483648, -2147483636, -2147483624, -2147483612, -2147483600),
        'step unset': numbers(11, 11, 11, 11, 11),
        'step = minus one': numbers(11, 10, 9, 8, 7),
        'step = max': { ...numbers(11), error: Code.OutOfRange },
        'step = min': { ...numbers(11, -2147483637), error: Code.OutOfRange },
        'length unset': numbers(),
        'length = 4': numbers(11, 23, 35, 47),
      },
      add: {
        'no requests': { error: Code.FailedPrecondition },
        'three requests: typical, zero, typical': { reply: { total: 202n, count: 3 } },
        zero: { reply: { total: 0n, count: 1 } },
        typical: { reply: { total: 101n, count: 1 } },
        'amount = minus one': { reply: { total: -1n, count: 1 } },
        'amount = max': { reply: { total: 9223372036854775807n, count: 1 } },
        'amount = min': { reply: { total: -9223372036854775808n, count: 1 } },
      },
      echo: {
        'no requests': { replies: [] },
        // An answer may be computed, by other means than the service's own.
        'three requests: typical, zero, typical': (requests) => ({
          replies: requests.map(({ text, data, weight }, index) => ({
            index,
            text: text.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
            dataLength: data.length,
            weight,
          })),
        }),
        zero: echo({ text: '', dataLength: 0, weight: 0 }),
        typical: echo(),
        'text unset': echo({ text: '' }),
        'text = spaces': echo({ text: '  ' }),
        'text = unicode': echo({ text: 'ZO\u00cb 漢字 😀 E\u0301' }),
        'text = long': echo({ text: 'X'.repeat(130) }),
        'data unset': echo({ dataLength: 0 }),
        'data = not UTF-8': echo({ dataLength: 5 }),
        'data = long': echo({ dataLength: 130 }),
        'weight unset': echo({ weight: 0 }),
        'weight = negative': echo({ weight: -1.5 }),
        'weight = NaN': { replies: [], error: Code.InvalidArgument },
        'weight = max': echo({ weight: Number.MAX_VALUE }),
      },
    },
  },
});
