/**
 * `--import`ed into the ESLint child processes, and with that into every thread and every Node.js
 * process they start (eslint-plugin-prettier formats in a thread, where a `.prettierrc.js` would be
 * loaded). Its parameters are in its own address: `?root=...&eslint=...`.
 */
import { installSandbox } from './sandbox.ts';

const parameters = new URL(import.meta.url).searchParams;
installSandbox(parameters.get('root') ?? '', parameters.get('eslint') ?? '', false);
