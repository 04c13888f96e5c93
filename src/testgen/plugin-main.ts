/**
 * The process that protoc and buf start: request on standard input, response on standard output.
 * What is wrong with options or definitions is the response's error, exit code 0; a request that
 * cannot be read ends the process with 1. Contract: plugin.proto of protobuf.
 */
import { messageOf } from '../base/index.ts';
import { PLUGIN_NAME, PLUGIN_VERSION } from './identity.ts';
import { requireLibraries } from './libraries.ts';

/** Requests of the largest public API collections are under 200 MB. */
const REQUEST_BYTES_MAX = 512 * 1024 * 1024;

const HELP = `${PLUGIN_NAME} ${PLUGIN_VERSION}: tests from protobuf definitions, a plug-in of protoc and buf.
They start it: a CodeGeneratorRequest on standard input, a response on standard output.
Options: docs/testgen.md of the package vitrine. Without protoc or buf: vitrine testgen --help
`;

const [word] = process.argv.slice(2);
if (word === '--version' || word === '-v')
  process.stdout.write(`${PLUGIN_NAME} ${PLUGIN_VERSION}\n`);
else if (word === '--help' || word === '-h') process.stdout.write(HELP);
else if (word !== undefined) fail(`takes no arguments, got ${word}; see --help`);
else if (process.stdin.isTTY) fail('waits for a request of protoc or buf; see --help');
else {
  try {
    requireLibraries(PLUGIN_NAME);
    const { answer } = await import('./plugin-process.ts');
    const response = await answer(await readAll(process.stdin));
    process.stdout.write(response);
  } catch (error) {
    fail(messageOf(error));
  }
}

async function readAll(stream: NodeJS.ReadStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > REQUEST_BYTES_MAX) {
      throw new Error(`the request is longer than ${REQUEST_BYTES_MAX} bytes: generate in parts`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function fail(message: string): void {
  process.stderr.write(`${PLUGIN_NAME}: ${message}\n`);
  process.exitCode = 1;
}
