import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { DOTNET_METRICS } from '@gumshoe/schema/metrics/dotnet';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import type { CandidateDefinition } from './define.ts';
import { defineLevel } from './level.ts';
import { heapShare, nodeMemory, perInstance, signalOf } from './level-columns.ts';

/** Causes that show as the level of one column: CPU, memory and runtimes. */
export const RUNTIME_LEVELS: readonly CandidateDefinition[] = [
  defineLevel({
    kind: 'cpu-throttled',
    title: 'Throttled at its CPU limit',
    signal: C.cpuThrottled.name,
    unit: 'ratio',
    columns: perInstance(C.cpuThrottled, (one) => one.cpuThrottled),
    range: [0.1, 0.4],
    growth: [1.5, 4],
    most: 0.85,
    measure: 'share of the time throttled',
    says: (name) => `${name} is throttled at its CPU limit`,
    remediation: (name) =>
      `Raise or remove the CPU limit of ${name}, or give it more replicas; then look for what needs the CPU.`,
  }),
  defineLevel({
    kind: 'gc-pause',
    title: 'Stopped for the garbage collector',
    signal: JVM_METRICS.gcTime.name,
    unit: 'ratio',
    columns: perInstance(JVM_METRICS.gcTime, signalOf(JVM_METRICS.gcTime)),
    range: [0.05, 0.3],
    growth: [1.5, 4],
    most: 0.85,
    measure: 'share of the time in the garbage collector',
    says: (name) => `${name} stops for its garbage collector`,
    remediation: (name) =>
      `Look at the heap of ${name} after collections: near its maximum it needs a larger heap or has a leak; a heap histogram names what grows.`,
  }),
  defineLevel({
    kind: 'safepoint-pause',
    title: 'Stopped at safepoints',
    signal: JVM_METRICS.safepointTime.name,
    unit: 'ratio',
    columns: perInstance(JVM_METRICS.safepointTime, signalOf(JVM_METRICS.safepointTime)),
    range: [0.05, 0.3],
    growth: [1.5, 4],
    most: 0.7,
    measure: 'share of the time at safepoints',
    says: (name) => `${name} is stopped at safepoints`,
    remediation: (name) =>
      `Log safepoints of ${name} (-Xlog:safepoint) and look for the operation that stops it.`,
  }),
  defineLevel({
    kind: 'event-loop',
    title: 'Event loop blocked',
    signal: NODEJS_METRICS.eventLoopBlocked.name,
    unit: 'ratio',
    columns: perInstance(NODEJS_METRICS.eventLoopBlocked, signalOf(NODEJS_METRICS.eventLoopBlocked)),
    range: [0.4, 0.85],
    growth: [1.3, 2.5],
    most: 0.85,
    measure: 'share of the time the event loop was blocked',
    says: (name) => `The event loop of ${name} is blocked by code that runs too long`,
    remediation: (name) =>
      `Take a CPU profile of ${name}: long synchronous work (JSON of large bodies, regular expressions, crypto) belongs in small steps or a worker.`,
  }),
  defineLevel({
    kind: 'interpreter-lock',
    title: 'Threads wait for the interpreter lock',
    signal: PYTHON_METRICS.lockWait.name,
    unit: 'count',
    columns: perInstance(PYTHON_METRICS.lockWait, signalOf(PYTHON_METRICS.lockWait)),
    range: [0.2, 1],
    growth: [2, 5],
    most: 0.85,
    measure: 'mean number of threads that wait for the interpreter lock',
    says: (name) => `Threads of ${name} wait for the interpreter lock`,
    remediation: (name) =>
      `Run more processes of ${name} instead of threads, or move the computing out of the request.`,
  }),
  defineLevel({
    kind: 'dotnet-heap',
    title: 'Managed heap near its limit',
    signal: DOTNET_METRICS.heapSize.name,
    unit: 'ratio',
    columns: heapShare,
    range: [0.6, 0.9],
    growth: [1.2, 2],
    most: 0.8,
    measure: 'managed heap of the memory limit',
    says: (name) => `The managed heap of ${name} is near its limit: it collects all the time, then it fails`,
    remediation: (name) =>
      `Take a dump of ${name} (dotnet-gcdump) and look for what is kept; raise its limit only to gain time.`,
  }),
  defineLevel({
    kind: 'dotnet-gc',
    title: 'Full collections, again and again',
    signal: DOTNET_METRICS.gcCount.name,
    unit: 'per-second',
    columns: perInstance(DOTNET_METRICS.gcCount, signalOf(DOTNET_METRICS.gcCount)),
    range: [2, 15],
    growth: [3, 10],
    most: 0.75,
    measure: 'collections of the managed heap',
    says: (name) => `${name} collects its managed heap again and again`,
    remediation: (name) =>
      `Look at what ${name} allocates (dotnet-trace, gc-verbose): large short-lived objects, caches that are rebuilt.`,
  }),
  defineLevel({
    kind: 'thread-pool',
    title: 'Work queues for threads',
    signal: DOTNET_METRICS.queueLength.name,
    unit: 'count',
    columns: perInstance(DOTNET_METRICS.queueLength, signalOf(DOTNET_METRICS.queueLength)),
    range: [5, 50],
    growth: [3, 10],
    most: 0.75,
    measure: 'length of the thread pool queue',
    says: (name) => `The thread pool of ${name} is exhausted: work queues`,
    remediation: (name) =>
      `Look for blocking calls in ${name} (sync over async), and raise its least number of threads.`,
  }),
  defineLevel({
    kind: 'lock-contention',
    title: 'Threads contend for locks',
    signal: DOTNET_METRICS.lockContentions.name,
    unit: 'per-second',
    columns: perInstance(DOTNET_METRICS.lockContentions, signalOf(DOTNET_METRICS.lockContentions)),
    range: [20, 300],
    growth: [3, 10],
    most: 0.55,
    measure: 'lock contentions',
    says: (name) => `Threads of ${name} contend for locks`,
    remediation: (name) => `Take an off-CPU profile of ${name} to see which lock they wait for.`,
  }),
  defineLevel({
    kind: 'memory-pressure',
    title: 'Waits for memory',
    signal: C.memoryPressure.name,
    unit: 'ratio',
    columns: perInstance(C.memoryPressure, (one) => one.memoryPressure),
    range: [0.05, 0.4],
    growth: [2, 6],
    most: 0.75,
    measure: 'share of the time some of it waited for memory',
    says: (name) => `${name} waits for memory: pages are reclaimed and read again`,
    remediation: (name) => `Raise the memory limit of ${name} and look at what it keeps.`,
  }),
  defineLevel({
    kind: 'node-memory',
    title: 'Node out of memory',
    signal: N.memoryAvailable.name,
    unit: 'ratio',
    columns: nodeMemory,
    range: [0.94, 0.985],
    growth: [1.02, 1.1],
    most: 0.6,
    measure: 'memory in use',
    says: (_, { of }) => `${of[0]!.toUpperCase()}${of.slice(1)} has no memory left`,
    remediation: (_, { of }) => `Find what takes the memory of ${of} and limit it or move it away.`,
  }),
];
