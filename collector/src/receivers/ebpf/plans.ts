import { constants } from './layout.generated.ts';
import { SOCKET_HOOKS } from './hooks.ts';
import type { Constant, ObjectPlan, Preset } from './kernel.ts';
import type { KernelTarget } from './target.ts';

/** Budgets of the request programs. */
export interface RequestBudget {
  /** Sampled spans that leave the kernel per second. */
  readonly spansPerSecond: number;
  /** Spans of failed and slow requests on top of them. */
  readonly exceptionsPerSecond: number;
  /** Milliseconds from which a request counts as slow. */
  readonly slowThresholdMs: number;
}

export const DEFAULT_REQUEST_BUDGET: RequestBudget = {
  spansPerSecond: 3000,
  exceptionsPerSecond: 200,
  slowThresholdMs: 500,
};

const u32Key = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64Key = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

function targetConstants({ mode }: KernelTarget, collectorTgid: number): readonly Constant[] {
  return [
    { name: 'target_mode', size: 4, value: mode },
    { name: 'collector_tgid', size: 4, value: collectorTgid },
  ];
}

function targetPresets({ cgroupIds, pids, netns }: KernelTarget): readonly Preset[] {
  return [
    { map: 'target_cgroups', keys: cgroupIds.map(u64Key) },
    { map: 'target_pids', keys: pids.map(u32Key) },
    { map: 'target_netns', keys: netns.map(u32Key) },
  ].filter(({ keys }) => keys.length > 0);
}

/** Keeps map target_pids current; of no use in other modes. */
const PID_PROGRAMS = ['target_inherit', 'target_forget'] as const;

const EVENT_RING = 1 << 19;
/** 4,000 requests: what a busy machine may ask for before the reading thread gets its turn. */
const REQUEST_RING = 1 << 21;

/** What to load, in this order: processes first, so that whoever connects is known. */
export function objectPlans(
  target: KernelTarget,
  collectorTgid: number,
  budget: RequestBudget,
  clockOffsetNs: bigint,
): readonly ObjectPlan[] {
  const common = {
    presets: targetPresets(target),
    iteratorMaps: {},
    ringBytes: EVENT_RING,
    skip: target.mode === constants.GS_TARGET_PID ? [] : PID_PROGRAMS,
  };
  const filter = targetConstants(target, collectorTgid);
  const requests: readonly Constant[] = [
    { name: 'span_rate_per_second', size: 4, value: budget.spansPerSecond },
    { name: 'exception_rate_per_second', size: 4, value: budget.exceptionsPerSecond },
    { name: 'slow_threshold_ns', size: 8, value: BigInt(Math.round(budget.slowThresholdMs * 1e6)) },
    { name: 'realtime_offset_ns', size: 8, value: clockOffsetNs },
  ];
  return [
    { ...common, name: 'process', constants: filter },
    { ...common, name: 'tcp', constants: filter, iteratorMaps: { tcp_sweep: 'connections' } },
    {
      ...common,
      name: 'requests',
      prefer: SOCKET_HOOKS.requests,
      constants: [...filter, ...requests],
      ringBytes: REQUEST_RING,
    },
    { ...common, name: 'dns', prefer: SOCKET_HOOKS.dns, constants: filter },
  ];
}
