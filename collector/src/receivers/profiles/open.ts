import { resolveTarget } from '../ebpf/target.ts';
import type { TargetSelection } from '../ebpf/target.ts';
import { openProfileKernel } from './native.ts';
import { ProfileReceiver } from './receiver.ts';
import type { ProfileReceiverOptions } from './receiver.ts';

/** What a user may configure of this receiver. */
export interface ProfileConfiguration {
  readonly target: TargetSelection;
  /** Samples a second on each CPU. Not a multiple of 10: programs that work in step with the clock would hide. */
  readonly frequency: number;
}

export const DEFAULT_PROFILE_CONFIGURATION: ProfileConfiguration = {
  target: { cgroups: [], pids: [], netns: [] },
  frequency: 99,
};

/**
 * A receiver that samples this machine from now on. Call `collect` once per interval.
 * @throws FailureError `invalid-input` when the target cannot be resolved.
 */
export function openProfileReceiver(
  { target, frequency }: ProfileConfiguration,
  neighbours: Pick<ProfileReceiverOptions, 'ownerOf' | 'onRows' | 'proc'>,
): ProfileReceiver {
  const kernel = openProfileKernel(resolveTarget(target), process.pid, frequency);
  const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
  return new ProfileReceiver({ ...neighbours, kernel, frequency, now });
}
