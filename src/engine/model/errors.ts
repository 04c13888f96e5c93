/** Errors of the model part; one table of codes. */
import { VitrineError } from '../../base/index.ts';

export type ModelErrorCode =
  | 'unsupported-architecture'
  | 'unsupported-tensor-type'
  | 'bad-header'
  | 'bad-tensor'
  | 'out-of-memory'
  | 'numeric-fault';

export function modelError(code: ModelErrorCode, message: string): VitrineError<ModelErrorCode> {
  return new VitrineError(code, message);
}
