/** What the plug-in is called, in generated files too. */
import { createRequire } from 'node:module';

export const PLUGIN_NAME = 'protoc-gen-vitrine-test';
export const PLUGIN_VERSION: string = createRequire(import.meta.url)('../../package.json').version;
