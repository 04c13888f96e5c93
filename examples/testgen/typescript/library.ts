/** The library service of the example, as library.proto describes it. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type Book,
  type CountRequest,
  CountRequestSchema,
  type DescribeBookRequest,
  DescribeBookRequestSchema,
  DescribeBookResponseSchema,
  type EchoRequest,
  Genre,
  GenreSchema,
  type LibraryService,
} from './gen/library/v1/library_pb.ts';

const INT32_MAX = 2147483647;
const INT32_MIN = -2147483648;
const INT64_MAX = 9223372036854775807n;
const INT64_MIN = -9223372036854775808n;

const validator = createValidator();

export function createLibrary(): ServiceImpl<typeof LibraryService> {
  return { describeBook, count, add, echo };
}

function describeBook(
  request: DescribeBookRequest,
): MessageInitShape<typeof DescribeBookResponseSchema> {
  refuseInvalid(validator.validate(DescribeBookRequestSchema, request));
  const book = request.book as Book;
  const isDonated = book.origin.case === 'donor';
  return create(DescribeBookResponseSchema, {
    label: labelOf(book),
    price: isDonated ? book.price / 2n : book.price,
    available: book.copies !== undefined && book.copies > 0,
    onShelves: Object.values(book.shelves).reduce((sum, copies) => sum + BigInt(copies), 0n),
    tags: [...book.tags].sort(),
  });
}

function labelOf(book: Book): string {
  if (book.genre === Genre.UNSPECIFIED) return book.title;
  const name = GenreSchema.value[book.genre]?.name.slice('GENRE_'.length).toLowerCase();
  return `${book.title} (${name})`;
}

async function* count(request: CountRequest): AsyncGenerator<{ value: number }> {
  refuseInvalid(validator.validate(CountRequestSchema, request));
  let value = request.from;
  for (let i = 0; i < request.length; i += 1) {
    if (value > INT32_MAX || value < INT32_MIN) {
      throw new ConnectError('the next number leaves 32 bits', Code.OutOfRange);
    }
    yield { value };
    value += request.step;
  }
}

async function add(
  requests: AsyncIterable<{ amount: bigint }>,
): Promise<{ total: bigint; count: number }> {
  let total = 0n;
  let count = 0;
  for await (const { amount } of requests) {
    total += amount;
    count += 1;
  }
  if (count === 0) throw new ConnectError('nothing to add', Code.FailedPrecondition);
  if (total > INT64_MAX || total < INT64_MIN) {
    throw new ConnectError('the sum leaves 64 bits', Code.OutOfRange);
  }
  return { total, count };
}

async function* echo(requests: AsyncIterable<EchoRequest>) {
  let index = 0;
  for await (const { text, data, weight } of requests) {
    if (Number.isNaN(weight)) throw new ConnectError('weight', Code.InvalidArgument);
    yield { index, text: text.toUpperCase(), dataLength: data.length, weight };
    index += 1;
  }
}

function refuseInvalid(result: { kind: string; error?: Error | undefined }): void {
  if (result.kind === 'valid') return;
  throw new ConnectError(result.error?.message ?? result.kind, Code.InvalidArgument);
}
