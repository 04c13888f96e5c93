import type { CodeGeneratorRequest } from '@bufbuild/protobuf/wkt';
export function readGoOptions(_raw: unknown): { skeletons?: string } {
  return {};
}
export function emitGo(_r: CodeGeneratorRequest, _o: unknown) {
  return { files: [], skeletons: [] };
}
