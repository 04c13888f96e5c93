/** Assertions for wrong program state. Wrong input is an error with a code, never an assertion. */

/** Throws when `condition` is false: the program is wrong, not its input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The value, or a crash when it is missing. */
export function must<T>(value: T | undefined | null, message: string): T {
  assert(value !== undefined && value !== null, message);
  return value;
}
