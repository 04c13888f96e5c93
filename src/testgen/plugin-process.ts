/** One request of protoc or buf, answered; once-written files are made on the way. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
} from '@bufbuild/protobuf/wkt';
import { messageOf } from '../base/index.ts';
import { generateAside } from './generation.ts';
import { PLUGIN_NAME } from './identity.ts';
import { planOutput } from './output.ts';
import { planSkeletons, writeSkeletons } from './skeletons.ts';

/** The response's bytes. @throws Error when the request cannot be read */
export async function answer(bytes: Uint8Array): Promise<Uint8Array> {
  const request = fromBinary(CodeGeneratorRequestSchema, bytes);
  const { response, skeletons, folder, out } = await generateAside({ request });
  const write = (given: CodeGeneratorResponse): Uint8Array =>
    toBinary(CodeGeneratorResponseSchema, given);
  if (folder === undefined) return write(response);
  try {
    // protoc and buf write over everything: where they do is known here, if anywhere.
    planOutput(out ?? folder, response.file);
    for (const { path, isNew } of writeSkeletons(folder, planSkeletons(folder, skeletons))) {
      if (isNew) process.stderr.write(`${PLUGIN_NAME}: wrote ${folder}/${path}, to be filled in\n`);
    }
    return write(response);
  } catch (error) {
    return write({ ...response, file: [], error: messageOf(error) });
  }
}
