/** testgen: tests from protobuf definitions. The process of the plug-in is plugin-main.ts. */
export { runTestgen, TESTGEN_HELP, type TestgenIo } from './command.ts';
export type { TestgenErrorCode } from './errors.ts';
