#!/usr/bin/env node
/**
 * The plug-in `protoc-gen-vitrine-test` of protoc and buf. With Node.js 24 or newer the program
 * runs in this process; with an older one the Node.js of the lock file runs it. In a checkout the
 * program is src/, in a package dist/.
 *
 * Plain JavaScript for any Node.js since 18.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isNodeNewEnough, lockedNodePath, refuse, runInstead } from './locked-node.mjs';

const source = new URL('../src/testgen/plugin-main.ts', import.meta.url);
const program = existsSync(source)
  ? source
  : new URL('../dist/testgen/plugin-main.js', import.meta.url);

if (isNodeNewEnough()) {
  await import(program.href);
} else {
  try {
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    runInstead(lockedNodePath(), args);
  } catch (error) {
    refuse(error.message);
  }
}
