/** The errors of testgen. Each says what was expected, what came and what to do. */
import { VitrineError } from '../base/index.ts';

export type TestgenErrorCode =
  | 'bad-option'
  | 'no-libraries'
  | 'bad-definition'
  | 'no-compiler'
  | 'compile-failed'
  | 'bad-descriptors'
  | 'unwritable'
  | 'interrupted';

export function testgenError(
  code: TestgenErrorCode,
  message: string,
  cause?: unknown,
): VitrineError<TestgenErrorCode> {
  return new VitrineError(code, message, { cause });
}
