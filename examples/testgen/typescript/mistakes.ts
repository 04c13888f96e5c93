/**
 * Twenty mistakes of the kind people make, each an edit of library.ts. The suite
 * test/testgen/mistakes.test.ts makes them one at a time and runs library.test.ts: a mistake is
 * caught when a test fails.
 */

export interface Mistake {
  readonly name: string;
  /** Occurs once in library.ts. */
  readonly find: string;
  readonly replace: string;
}

export const MISTAKES: readonly Mistake[] = [
  {
    name: 'the request is not validated',
    find: 'refuseInvalid(validator.validate(DescribeBookRequestSchema, request));',
    replace:
      'if (request.book === undefined) throw new ConnectError("book", Code.InvalidArgument);',
  },
  {
    name: 'an invalid request has the wrong status',
    find: 'throw new ConnectError(result.error?.message ?? result.kind, Code.InvalidArgument);',
    replace: 'throw new ConnectError(result.error?.message ?? result.kind, Code.Internal);',
  },
  {
    name: 'zero copies count as available',
    find: 'book.copies !== undefined && book.copies > 0',
    replace: 'book.copies !== undefined && book.copies >= 0',
  },
  {
    name: 'an uncounted book counts as available',
    find: 'book.copies !== undefined && book.copies > 0',
    replace: 'book.copies === undefined || book.copies > 0',
  },
  {
    name: 'presence is taken for truth',
    find: 'book.copies !== undefined && book.copies > 0',
    replace: 'Boolean(book.copies)',
  },
  {
    name: 'the wrong member of the oneof halves the price',
    find: "book.origin.case === 'donor'",
    replace: "book.origin.case === 'invoice'",
  },
  {
    name: 'a donor without a name is not seen',
    find: "book.origin.case === 'donor'",
    replace: "book.origin.case === 'donor' && book.origin.value !== ''",
  },
  {
    name: 'half the price is rounded up',
    find: 'book.price / 2n',
    replace: '(book.price + 1n) / 2n',
  },
  {
    name: 'only one shelf is counted',
    find: 'Object.values(book.shelves).reduce(',
    replace: 'Object.values(book.shelves).slice(0, 1).reduce(',
  },
  {
    name: 'tags are not sorted',
    find: '[...book.tags].sort()',
    replace: '[...book.tags]',
  },
  {
    name: 'the genre is shown for a book without one',
    find: 'if (book.genre === Genre.UNSPECIFIED) return book.title;',
    replace: '',
  },
  {
    name: 'the title is trimmed',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    find: '`${book.title} (',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    replace: '`${book.title.trim()} (',
  },
  {
    name: 'one number too many is sent',
    find: 'i < request.length',
    replace: 'i <= request.length',
  },
  {
    name: 'numbers wrap around at 32 bits',
    find: 'value += request.step;',
    replace: 'value = (value + request.step) | 0;',
  },
  {
    name: 'only the upper bound is checked',
    find: 'value > INT32_MAX || value < INT32_MIN',
    replace: 'value > INT32_MAX',
  },
  {
    name: 'nothing to add is no error',
    find: "if (count === 0) throw new ConnectError('nothing to add', Code.FailedPrecondition);",
    replace: '',
  },
  {
    name: 'amounts lose precision',
    find: 'total += amount;',
    replace: 'total += BigInt(Number(amount));',
  },
  {
    name: 'the sum is of the last amount',
    find: 'total += amount;',
    replace: 'total = amount;',
  },
  {
    name: 'the index never moves',
    find: '    index += 1;\n',
    replace: '',
  },
  {
    name: 'the length of the text is sent as that of the data',
    find: 'dataLength: data.length',
    replace: 'dataLength: text.length',
  },
];
