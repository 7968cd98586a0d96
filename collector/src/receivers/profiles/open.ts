import { resolveTarget } from '../ebpf/target.ts';
import type { TargetSelection } from '../ebpf/target.ts';
import { cpuKind, MEMORY_KIND, OFF_CPU_KIND } from './kinds.ts';
import { cpuPlan, MEMORY_PLAN, OFF_CPU_PLAN, onlineCpus, openProfileKernel } from './native.ts';
import { ProfileReceiver } from './receiver.ts';
import type { ProfileReceiverOptions } from './receiver.ts';

/** What a user may configure of this receiver. */
export interface ProfileConfiguration {
  readonly target: TargetSelection;
  /**
   * Samples a second on each CPU, fewer on a machine with many (`frequencyFor`). Not a multiple of 10: programs that
   * work in step with the clock would hide.
   */
  readonly frequency: number;
}

export const DEFAULT_PROFILE_CONFIGURATION: ProfileConfiguration = {
  target: { cgroups: [], pids: [], netns: [] },
  frequency: 99,
};

/** Samples a second of the whole machine: at a few microseconds each, some hundredths of one CPU. */
const MOST_SAMPLES = 6400;
const LEAST_FREQUENCY = 9;

/** The frequency for so many CPUs: what was asked for up to 64 of them at 99 Hz, then less on each. */
export function frequencyFor(wanted: number, cpus: number): number {
  const affordable = Math.max(LEAST_FREQUENCY, Math.floor(MOST_SAMPLES / cpus));
  if (wanted <= affordable) return wanted;
  return affordable % 10 === 0 ? affordable - 1 : affordable;
}

/**
 * A receiver that samples this machine from now on. Call `collect` once per interval.
 * @throws FailureError `invalid-input` when the target cannot be resolved.
 */
export function openProfileReceiver(
  configuration: ProfileConfiguration,
  neighbours: Pick<ProfileReceiverOptions, 'ownerOf' | 'onRows' | 'isShedding' | 'onShed' | 'proc'>,
): ProfileReceiver {
  const target = resolveTarget(configuration.target);
  const frequency = frequencyFor(configuration.frequency, onlineCpus().length);
  const sources = [
    { plan: cpuPlan(frequency), kind: cpuKind(frequency) },
    { plan: OFF_CPU_PLAN, kind: OFF_CPU_KIND },
    { plan: MEMORY_PLAN, kind: MEMORY_KIND },
  ].map(({ plan, kind }) => ({ kind, kernel: openProfileKernel(target, process.pid, plan) }));
  const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
  return new ProfileReceiver({ ...neighbours, sources, now });
}
