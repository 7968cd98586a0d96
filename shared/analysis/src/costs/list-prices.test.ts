import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listedMachine } from './list-prices.ts';

const hours = (provider: string, ...types: readonly string[]): readonly (number | undefined)[] =>
  types.map((type) => {
    const hour = listedMachine(provider, type)?.hour;
    return hour === undefined ? undefined : Number(hour.toFixed(4));
  });

test('machines of a family cost in proportion to their size, as the lists say of each', () => {
  assert.deepEqual(
    hours('aws', 'm5.xlarge', 'c5.9xlarge', 't3.nano', 'c6g.medium', 'r7i.48xlarge', 'm7i-flex.2xlarge'),
    [0.192, 1.53, 0.0052, 0.034, 12.7008, 0.383],
  );
  assert.deepEqual(
    hours('gcp', 'e2-standard-4', 'n1-standard-1', 'c3-highmem-22', 'n2d-highcpu-8', 'e2-medium'),
    [0.134, 0.0475, 1.4554, 0.2495, 0.0335],
  );
  assert.deepEqual(
    hours(
      'Azure',
      'Standard_D4s_v5',
      'Standard_E16-4ds_v4',
      'Standard_D2ps_v5',
      'Standard_B2ms',
      'Standard_E104i_v5',
    ),
    [0.192, 1.152, 0.077, 0.0832, undefined],
  );
});

test('what no list has is not made up, and each list says how old it is', () => {
  assert.deepEqual(hours('aws', 'g5.xlarge', 'm5.metal', 'm5.huge', 'm5', ''), Array(5).fill(undefined));
  assert.deepEqual(
    hours('gcp', 'n2-custom-4-8192', 'a2-highgpu-1g', 'c4-standard-4-lssd'),
    Array(3).fill(undefined),
  );
  assert.deepEqual(hours('hetzner', 'cx22'), [undefined]);
  assert.deepEqual(listedMachine('AWS', 'm5.large')?.source, {
    provider: 'aws',
    region: 'us-east-1',
    asOf: '2026-01-19',
  });
});
