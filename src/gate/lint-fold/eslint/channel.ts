/**
 * Request and answer between Vitrine and an ESLint child process over Node's IPC channel. The
 * child's end; `process.ts` is the other one. Answers may be large (every violation of a
 * repository), which is why this is not a line of text on stdout, where plug-ins print too.
 */
import { firstRefusal } from './sandbox.ts';

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

type Handlers = Readonly<Record<string, (params: never) => unknown>>;

/** Serves requests one at a time until the parent closes the channel. */
export function serve(handlers: Handlers): void {
  let last: Promise<void> = Promise.resolve();
  process.on('message', (request: Request) => {
    last = last.then(() => answer(handlers, request));
  });
  // A plug-in may hold a timer or a watcher open; the child must not outlive its parent for that.
  process.on('disconnect', () => process.kill(process.pid));
}

async function answer(handlers: Handlers, request: Request): Promise<void> {
  try {
    const handler = handlers[request.method];
    if (handler === undefined) throw new Error(`no method ${request.method}`);
    const value = await handler(request.params as never);
    const refusal = firstRefusal();
    if (refusal !== undefined) throw refusal;
    process.send?.({ id: request.id, value } satisfies Answer);
  } catch (error) {
    process.send?.({ id: request.id, error: describe(error) } satisfies Answer);
  }
}

/** The innermost consent error wins: loaders wrap it in their own. */
function describe(error: unknown): { code: string; message: string } {
  const messages: string[] = [];
  let consent: string | undefined;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    messages.push(at.message);
    if ((at as { code?: unknown }).code === 'needs-consent') consent = at.message;
    const wrapped = /(\S+ is code of the repository; give --allow-js to run it\.)/.exec(at.message);
    consent ??= wrapped?.[1];
  }
  if (consent !== undefined) return { code: 'needs-consent', message: consent };
  const message = messages[0] ?? String(error);
  const isModule = /» \S+\.(?:mjs|[cm]?ts) is invalid/.test(message);
  const hint = isModule ? ' (Of JavaScript the old system reads .js and .cjs only.)' : '';
  return { code: 'tool-failed', message: message + hint };
}
