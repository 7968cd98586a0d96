import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { withoutSocketHooks } from '../hooks.ts';
import type { Kernel } from '../kernel.ts';
import { nativeKernel } from '../native.ts';
import { DEFAULT_EBPF_CONFIGURATION, openEbpfReceiver } from '../open.ts';
import { DEFAULT_REQUEST_BUDGET } from '../plans.ts';
import type { EbpfReceiver, ProcessOwners } from '../receiver.ts';
import type { TargetSelection } from '../target.ts';
import { until } from './sandbox.ts';
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
    containerOf: (tgid, cgroupId) => {
      const name = nameOf(tgid) ?? (cgroupId === undefined ? undefined : units().get(cgroupId));
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

let kernel: Kernel = nativeKernel();

/** From now on receivers find a kernel without tracepoints in its sockets. */
export function hookSystemCalls(): void {
  kernel = {
    load: (plan, onBatch) =>
      nativeKernel().load({ ...plan, prefer: withoutSocketHooks(plan.prefer ?? []) }, onBatch),
  };
}

/** A receiver of real kernel programs that sees the selection only and is not started yet. Keeps every span by default. */
export function observe(
  sandbox: Sandbox,
  selection: Partial<TargetSelection>,
  budget: { readonly spansPerSecond: number } = { spansPerSecond: 100_000 },
): { readonly receiver: EbpfReceiver; readonly spans: readonly TraceRow[] } {
  const spans: TraceRow[] = [];
  const receiver = openEbpfReceiver(
    {
      ...DEFAULT_EBPF_CONFIGURATION,
      target: { cgroups: [], pids: [], netns: [], ...selection },
      budget: { ...DEFAULT_REQUEST_BUDGET, ...budget },
    },
    {
      owners: ownersByCgroup(() => sandbox.units),
      resolve: (endpoint) => endpoint,
      onSpans: (rows) => spans.push(...rows),
      kernel,
    },
  );
  return { receiver, spans };
}

/** Waits until all that the kernel has told of the work so far has been taken; a moment for what nobody waited for. */
export async function settled(receiver: EbpfReceiver): Promise<void> {
  await sleep(300);
  await until('the last record', () => receiver.waiting === 0);
}
