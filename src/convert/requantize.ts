/** A GGUF model as it is, but for the types of its matrices. */
import { DEQUANTIZED_TYPES } from '../engine/gguf/index.ts';
import { convertError, quoted } from './errors.ts';
import { isFloat, isQuantized } from './quantize/mixtures.ts';
import type { GgufSource } from './source/gguf-file.ts';
import type { UntypedPlan } from './typed-plan.ts';

/** @throws VitrineError not-convertible */
export function planRequantizing({ header, tensors }: GgufSource): UntypedPlan {
  const quantized = new Set<string>();
  for (const { name, type, dims } of tensors) {
    if (!DEQUANTIZED_TYPES.includes(type)) {
      throw convertError(
        'not-convertible',
        `the tensor ${quoted(name)} has type ${type}, which cannot be read; readable are ` +
          DEQUANTIZED_TYPES.join(', '),
      );
    }
    if (!isFloat(type) && isQuantized(name, dims)) quantized.add(type);
  }
  const notes =
    quantized.size === 0
      ? []
      : [
          `the source is quantised already (${[...quantized].join(', ')}); its errors stay, ` +
            'and those of the new type are added. Better take the original weights.',
        ];
  return {
    // The output is one file, whatever the source is.
    metadata: new Map([...header.typedMetadata].filter(([key]) => !key.startsWith('split.'))),
    tensors: tensors.map((tensor) => ({
      ...{ name: tensor.name, dims: tensor.dims },
      values: { kind: 'tensor', tensor },
    })),
    notes,
  };
}
