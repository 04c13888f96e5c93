/** testgen: tests from protobuf definitions. The plug-in's process is plugin-main.ts. */
export { runTestgen, TESTGEN_HELP, type TestgenIo } from './command.ts';
export type { TestgenErrorCode } from './errors.ts';
export { type Generated, generate, PLUGIN_NAME, PLUGIN_VERSION } from './plugin.ts';
export { type Skeleton, type SkeletonResult, writeSkeletons } from './skeletons.ts';
