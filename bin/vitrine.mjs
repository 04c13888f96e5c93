#!/usr/bin/env node
/**
 * The command `vitrine`. With Node.js 24 or newer the program runs in this process; with an older
 * one the Node.js of the lock file runs it. In a checkout the program is src/, in a package dist/.
 *
 * Plain JavaScript for any Node.js since 18.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isNodeNewEnough, lockedNodePath, refuse, runInstead } from './locked-node.mjs';

const source = new URL('../src/cli/main.ts', import.meta.url);
const isCheckout = existsSync(source);

if (isNodeNewEnough()) {
  await runHere();
} else {
  try {
    const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const env = { ...process.env, VITRINE_INTERNAL_LAUNCHED: '1' };
    runInstead(lockedNodePath(), args, { env, channel: true });
  } catch (error) {
    refuse(error.message);
  }
}

async function runHere() {
  try {
    await import(isCheckout ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
  } catch (error) {
    const isMissing = error !== null && error.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing || !/Cannot find package/.test(error.message)) throw error;
    const remedy = isCheckout ? 'Run npm ci first.' : 'Install vitrine again.';
    refuse(`${error.message.split(' imported from ')[0]}. ${remedy}`);
  }
}
