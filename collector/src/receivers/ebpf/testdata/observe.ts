import { existsSync, readFileSync, statSync } from 'node:fs';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { WallTime } from '../../../processors/clock-offset.ts';
import { nativeKernel } from '../native.ts';
import { DEFAULT_REQUEST_BUDGET, objectPlans } from '../plans.ts';
import { EbpfReceiver } from '../receiver.ts';
import type { ProcessOwners } from '../receiver.ts';
import { resolveTarget } from '../target.ts';
import type { TargetSelection } from '../target.ts';
import type { Sandbox } from './sandbox.ts';

/** Containers are the units of the sandbox; enough identity for these tests. */
function ownersByCgroup(units: () => ReadonlyMap<bigint, string>): ProcessOwners {
  const names = new Map<number, string>();
  const nameOf = (tgid: number): string | undefined => {
    const known = names.get(tgid) ?? unitOfProcess(tgid);
    if (known) names.set(tgid, known);
    return known;
  };
  const isAlive = (tgid: number): boolean => existsSync(`/proc/${tgid}`);
  return {
    containerOf: (tgid) => {
      const name = nameOf(tgid);
      return name ? { containerId: name } : undefined;
    },
    spanOwnerOf: (tgid, cgroupId) => {
      // Its process event comes through another ring buffer, perhaps later.
      const name = nameOf(tgid) ?? units().get(cgroupId);
      return name ? { serviceName: name, resource: {} } : undefined;
    },
    processOf: (_container, tgid) => (isAlive(tgid) ? tgid : undefined),
    isAlive,
    onProcess: ({ tgid, cgroupId }) => {
      const name = units().get(cgroupId);
      if (name) names.set(tgid, name);
    },
  };
}

function unitOfProcess(tgid: number): string | undefined {
  try {
    return /^0::.*\/([^/\n]+)\.service$/m.exec(readFileSync(`/proc/${tgid}/cgroup`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** A receiver of real kernel programs that sees the selection only, keeps every span, and is not started yet. */
export function observe(
  sandbox: Sandbox,
  selection: Partial<TargetSelection>,
): { readonly receiver: EbpfReceiver; readonly spans: readonly TraceRow[] } {
  const spans: TraceRow[] = [];
  const target = resolveTarget({ cgroups: [], pids: [], netns: [], ...selection });
  const receiver = new EbpfReceiver({
    kernel: nativeKernel(),
    plans: objectPlans(target, process.pid, { ...DEFAULT_REQUEST_BUDGET, spansPerSecond: 100_000 }, 0n),
    owners: ownersByCgroup(() => sandbox.units),
    destinations: {
      hostNetns: statSync('/proc/self/ns/net').ino,
      perContainer: 64,
      ephemeralPorts: [32768, 60999],
      resolve: (endpoint) => endpoint,
    },
    wallTime: new WallTime(),
    onSpans: (rows) => spans.push(...rows),
    expireAfter: 600_000,
    keepExitedFor: 60_000,
    monotonic: process.hrtime.bigint,
  });
  return { receiver, spans };
}
