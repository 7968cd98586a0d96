import assert from 'node:assert/strict';
import { silentLogger } from '@gumshoe/base/logger';
import { SampleBuffer, type Sample } from '../../export/samples.ts';
import type { ProbeTarget } from '../define.ts';
import { PROBES } from '../index.ts';
import { ProbeRunner } from '../runner.ts';

export function runner(target: Partial<ProbeTarget> & Pick<ProbeTarget, 'type' | 'address'>): ProbeRunner {
  const definition = PROBES.find((probe) => probe.type === target.type);
  assert.ok(definition);
  return new ProbeRunner(definition, { tls: 'disable', ...target }, silentLogger);
}

/** Samples of one round; `timeout` in ms, `now` in ms since the epoch. */
export async function round(
  probe: ProbeRunner,
  timeout = 5000,
  now = Date.now(),
): Promise<readonly Sample[]> {
  const samples = new SampleBuffer();
  await probe.round(now, timeout, samples);
  return samples.take();
}

/** The first sample of that name with these labels. */
export const valueOf = (
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined =>
  samples.find(
    (one) =>
      one.labels['__name__'] === name &&
      Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )?.value;
