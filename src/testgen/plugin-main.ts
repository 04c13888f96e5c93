/**
 * The process that protoc and buf start: request on standard input, response on standard output.
 */
import { runNodeJs } from '@bufbuild/protoplugin';
import { messageOf } from '../base/index.ts';
import { generate, PLUGIN_NAME, PLUGIN_VERSION } from './plugin.ts';
import { writeSkeletons } from './skeletons.ts';

runNodeJs({
  name: PLUGIN_NAME,
  version: PLUGIN_VERSION,
  run(request) {
    const { response, skeletons, folder } = generate(request);
    if (folder === undefined) return response;
    try {
      for (const { path, isNew } of writeSkeletons(folder, skeletons)) {
        if (isNew)
          process.stderr.write(`${PLUGIN_NAME}: wrote ${folder}/${path}, to be filled in\n`);
      }
    } catch (error) {
      return { ...response, file: [], error: messageOf(error) };
    }
    return response;
  },
});
