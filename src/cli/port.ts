/** Is the port free: asked before a model is fetched for minutes, only to find that it is not. */
import { createServer } from 'node:net';
import { cliError } from './errors.ts';

/** @throws VitrineError port-in-use, cannot-listen */
export async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, host, port)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function refusal({ code = 'unknown error' }: NodeJS.ErrnoException, host: string, port: number) {
  if (code === 'EADDRINUSE') {
    return cliError(
      'port-in-use',
      `port ${port} on ${host} is in use: another server runs there. Stop it, or take another ` +
        'port with --port (0 takes a free one).',
    );
  }
  const why =
    code === 'EACCES'
      ? 'this user may not: ports from 1024 on need no rights'
      : `${code}; check --host and --port`;
  return cliError('cannot-listen', `cannot listen on ${host} port ${port} (${why}).`);
}
