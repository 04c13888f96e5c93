import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { AgreementMeter } from './agreement.ts';

test('a model agrees with itself, whatever is added to its logits', () => {
  const meter = new AgreementMeter();
  meter.add(Float32Array.of(1, 2, 3), Float32Array.of(11, 12, 13), 2);
  const result = meter.result();
  assert.ok(Math.abs(result.klMean) < 1e-6);
  assert.equal(result.topAgreement, 1);
  assert.equal(result.marginMaxWhereDiffering, 0);
  assert.ok(Math.abs(result.perplexity - (1 + Math.exp(-1) + Math.exp(-2))) < 1e-6);
});

test('divergence, disagreement and margin are those computed by hand', () => {
  const meter = new AgreementMeter();
  const halves = Float32Array.of(Math.log(0.5), Math.log(0.5));
  const skewed = Float32Array.of(Math.log(0.25), Math.log(0.75));
  meter.add(halves, skewed, 0);
  meter.add(Float32Array.of(2, 1.25), Float32Array.of(0, 1), undefined);
  const result = meter.result();
  const first = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
  assert.ok(result.klMax > first - 1e-6);
  assert.equal(result.topAgreement, 0);
  assert.equal(result.marginMaxWhereDiffering, 0.75);
  assert.ok(Math.abs(result.perplexity - 4) < 1e-5);
});
