/**
 * The body of testgen_services.gen.ts: how a service is served in memory and its answers compared.
 */

export const SERVICES = `
/** Stands where a person has to write something. A test that meets it fails. */
export const fillIn: unique symbol = Symbol("fill in");
export type FillIn = typeof fillIn;

/** What a method must answer. */
export type UnaryAnswer<O extends DescMessage> =
  | { readonly reply: MessageInitShape<O> }
  | { readonly error: Code };
export type StreamAnswer<O extends DescMessage> =
  | { readonly replies: readonly MessageInitShape<O>[]; readonly error?: Code }
  | { readonly error: Code };
export type Expected<I extends DescMessage, A> =
  | A
  | FillIn
  | ((requests: readonly MessageShape<I>[]) => A | Promise<A>);
/** Expected answers by case name; a case that has none fails. */
export type UnaryTable<Name extends string, I extends DescMessage, O extends DescMessage> = {
  readonly [Case in Name]?: Expected<I, UnaryAnswer<O>>;
};
export type StreamTable<Name extends string, I extends DescMessage, O extends DescMessage> = {
  readonly [Case in Name]?: Expected<I, StreamAnswer<O>>;
};

export interface RequestCase<I extends DescMessage> {
  readonly requests: readonly MessageInitShape<I>[];
  /** The protovalidate rules that the requests break: answered with InvalidArgument. */
  readonly breaks?: readonly string[];
}

export interface ServiceUnderTest<S extends DescService, Table> {
  /** The implementation, or what makes a fresh one for each case. */
  readonly implementation?:
    | Partial<ServiceImpl<S>>
    | (() => Partial<ServiceImpl<S>> | Promise<Partial<ServiceImpl<S>>>)
    | FillIn;
  /** In place of an implementation: how to reach one that runs elsewhere. */
  readonly transport?: Transport | (() => Transport | Promise<Transport>);
  /** Of the server: authentication, validation and the like. */
  readonly interceptors?: readonly Interceptor[];
  /** Of each call, 10 seconds unless given. */
  readonly timeoutMs?: number;
  readonly expected: Table;
}

/** The request cases of one method, checked against its request type. */
export function requestsOf<I extends DescMessage, Name extends string>(
  _schema: I,
  cases: { readonly [Case in Name]: RequestCase<I> },
): { readonly [Case in Name]: RequestCase<I> } {
  return cases;
}

type Cases = Readonly<Record<string, Readonly<Record<string, RequestCase<DescMessage>>>>>;
type Answer = { reply?: unknown; replies?: readonly unknown[]; error?: Code };

export function checkService<S extends DescService, Table extends object>(
  service: S,
  cases: Cases,
  given: ServiceUnderTest<S, Table> | undefined,
): void {
  describe(\`service \${service.typeName}\`, () => {
    it("is given to the tests", async () => {
      await openTransport(service, given);
    });
    it("has an answer only for cases that exist", () => {
      const unknown = unknownCases(cases, given?.expected ?? {});
      if (unknown.length > 0) throw new Error(\`no such case: \${unknown.join(", ")}\`);
    });
    for (const method of service.methods) {
      const table = (given?.expected ?? {}) as Record<string, Record<string, unknown>>;
      describe(\`\${service.name}.\${method.name}\`, () => {
        for (const [name, one] of Object.entries(cases[method.localName] ?? {})) {
          it(name, async () => {
            const transport = await openTransport(service, given);
            const expected = table[method.localName]?.[name];
            await checkCase(transport, method, one, expected, given?.timeoutMs ?? 10_000);
          });
        }
      });
    }
  });
}

async function openTransport<S extends DescService, Table>(
  service: S,
  given: ServiceUnderTest<S, Table> | undefined,
): Promise<Transport> {
  if (given?.transport !== undefined) {
    return typeof given.transport === "function" ? given.transport() : given.transport;
  }
  const source = given?.implementation;
  if (source === undefined || source === fillIn) {
    throw new Error(\`\${service.typeName}: fill in \\\`implementation\\\` (or \\\`transport\\\`)\`);
  }
  const implementation = typeof source === "function" ? await source() : source;
  const router = createConnectRouter({ ...ENABLED, interceptors: [reveal, ...(given?.interceptors ?? [])] });
  router.service(service, implementation);
  return createTransport({
    httpClient: inMemory(router.handlers),
    baseUrl: "https://in-memory",
    useBinaryFormat: true,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: Number.MAX_SAFE_INTEGER,
    readMaxBytes: 0xffffffff,
    writeMaxBytes: 0xffffffff,
  });
}

/**
 * Requests go straight to the handlers. Trailers are passed on as they are: the client of Connect
 * copies them before the stream has ended, when gRPC has not written its status yet.
 */
function inMemory(handlers: readonly UniversalHandler[]): UniversalClientFn {
  return async (request) => {
    let trailer: Headers | undefined;
    const watched = handlers.map((handler): UniversalHandler => {
      const handle: typeof handler = Object.assign(
        async (...given: Parameters<UniversalHandler>) => {
          const response = await handler(...given);
          if (response.trailer instanceof Headers) trailer = response.trailer;
          return response;
        },
        handler,
      );
      return handle;
    });
    const response = await createUniversalHandlerClient(watched)(request);
    return { ...response, trailer: trailer ?? response.trailer };
  };
}

/** An unforeseen error keeps its message, which a server hides from strangers. */
const reveal: Interceptor = (next) => async (request) => {
  try {
    const response = await next(request);
    return response.stream ? { ...response, message: revealing(response.message) } : response;
  } catch (error) {
    throw revealed(error);
  }
};

async function* revealing<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    for await (const message of messages) yield message;
  } catch (error) {
    throw revealed(error);
  }
}

function revealed(error: unknown): unknown {
  if (error instanceof ConnectError || !(error instanceof Error)) return error;
  return error.name === "AbortError" ? error : new ConnectError(String(error.stack), Code.Internal);
}

function unknownCases(cases: Cases, expected: object): string[] {
  return Object.entries(expected).flatMap(([method, table]) =>
    Object.keys(table as object)
      .filter((name) => cases[method]?.[name] === undefined)
      .map((name) => \`\${method} "\${name}"\`),
  );
}

async function checkCase(
  transport: Transport,
  method: DescMethod,
  one: RequestCase<DescMessage>,
  expected: unknown,
  timeoutMs: number,
): Promise<void> {
  const requests = one.requests.map((init) => create(method.input, init));
  const got = await call(transport, method, requests, timeoutMs);
  const refused = one.breaks === undefined ? undefined : { error: Code.InvalidArgument };
  const given = expected === undefined || expected === fillIn ? refused : expected;
  const registry = registryOf(method.parent.file);
  if (given === undefined) {
    throw new Error(\`not filled in: say what this must answer. It answered \${showAnswer(method, got, registry)}\`);
  }
  const answer: Answer = typeof given === "function" ? await given(requests) : given;
  compare(method, got, answer, registry);
}

interface Outcome {
  readonly replies: readonly Message[];
  readonly error?: ConnectError;
}

/** The call, whichever of the four kinds it is; what came before an error is kept. */
async function call(
  transport: Transport,
  method: DescMethod,
  requests: readonly Message[],
  timeoutMs: number,
): Promise<Outcome> {
  // The descriptor decides at run time what the type of a generated client says at compile time.
  const client = createClient(method.parent, transport) as unknown as Record<
    string,
    (input: unknown, options: object) => unknown
  >;
  const replies: Message[] = [];
  const send = client[method.localName];
  if (send === undefined) throw new Error(\`no method \${method.localName}\`);
  const isClientStream =
    method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
  const input = isClientStream ? iterate(requests) : requests[0];
  try {
    const result = send(input, { timeoutMs });
    if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
      replies.push((await result) as Message);
    } else {
      for await (const reply of result as AsyncIterable<Message>) replies.push(reply);
    }
    return { replies };
  } catch (error) {
    return { replies, error: ConnectError.from(error) };
  }
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

function compare(method: DescMethod, got: Outcome, answer: Answer, registry: Registry): void {
  const fail = (expected: string): never => {
    throw new Error(\`expected \${expected}\\n  got      \${showAnswer(method, got, registry)}\`);
  };
  if (answer.error !== undefined && got.error?.code !== answer.error) {
    fail(\`error \${Code[answer.error]}\`);
  }
  if (answer.error === undefined && got.error !== undefined) fail("no error");
  const inits = answer.replies ?? ("reply" in answer ? [answer.reply] : undefined);
  if (inits === undefined) {
    if (answer.error === undefined) throw new Error("an expected answer has reply, replies or error");
    return;
  }
  const replies = inits.map((init) => create(method.output, init as MessageInitShape<DescMessage>));
  const isEqual =
    replies.length === got.replies.length &&
    replies.every((reply, i) => {
      const other = got.replies[i];
      return other !== undefined && isSame(method.output, other, reply, registry);
    });
  if (!isEqual) fail(replies.map((reply) => show(method.output, reply, registry)).join(" ") || "no reply");
}

function showAnswer(method: DescMethod, got: Outcome, registry: Registry): string {
  const shown = got.replies.map((reply) => show(method.output, reply, registry));
  if (got.error !== undefined) shown.push(\`error \${Code[got.error.code]}: \${got.error.rawMessage}\`);
  return shown.join(" ") || "nothing";
}
`;
