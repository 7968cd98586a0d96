import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { languageOf } from '../../identity/application-binary.ts';
import { applicationType } from '../../identity/application-type.ts';
import type { Container, ProcessTable } from '../../identity/processes.ts';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { isLinkLocal } from '../ebpf/address.ts';
import { BlockDevices } from './block-devices.ts';
import { findMounts, readCgroup, type CgroupMounts } from './cgroup-files.ts';
import { emitIo, emitPublished, emitResources, emitSpace } from './container-samples.ts';
import { NamespaceCounters } from './network-namespaces.ts';
import { processStat, readText } from './process-files.ts';
import { RunDelays } from './run-delays.ts';
import { Volumes } from './volumes.ts';

const C = CONTAINER_METRICS;
/** Threads asked for their delay in one interval: some 50 ms of work. */
const THREADS = 5000;
/** Of one container, however many there are. */
const LEAST_THREADS = 16;
/** Executables without a telling name that are looked into, per container. */
const BINARIES_LOOKED_AT = 4;

/** Longer than an orchestrator waits before it starts a crashing container again (five minutes), ms. */
const REMEMBERED_FOR = 15 * 60_000;
/** Containers remembered at once; beyond, those that are down are forgotten, the first seen first. */
const MOST_REMEMBERED = 2_000;

/** What is remembered of a container between intervals, and while it is down. */
interface Memory {
  /** clock ticks after boot of its oldest process */
  start: number;
  restarts: number;
  readonly types: Set<string>;
  /** Programs whose software has been looked for, by process. */
  readonly judged: Map<number, string>;
  binaries: number;
  readonly cpuDelay: RunDelays;
  /** seconds, in all and by process */
  diskDelay: number;
  diskDelayOf: ReadonlyMap<number, number>;
  /** Kills that cgroups counted, over all the cgroups the container has had. */
  oomKills: number;
  /** The present one, and its count. */
  oomCgroup: string;
  oomInCgroup: number;
  /** ms since the epoch when it last had a process */
  seenAt: number;
}

const newMemory = (): Memory => ({
  start: 0,
  restarts: 0,
  types: new Set(),
  judged: new Map(),
  binaries: 0,
  cpuDelay: new RunDelays(),
  diskDelay: 0,
  diskDelayOf: new Map(),
  oomKills: 0,
  oomCgroup: '',
  oomInCgroup: 0,
  seenAt: 0,
});

/** container_* of resources: cgroup files, restarts, delays, recognised software, volumes. */
export class ContainerSource {
  readonly volumes: Volumes;
  private readonly procfs: string;
  private readonly processes: ProcessTable;
  private readonly mounts: CgroupMounts;
  private readonly devices: BlockDevices;
  private readonly memory = new Map<string, Memory>();
  private threadShare = LEAST_THREADS;

  constructor(procfs: string, cgroupfs: string, processes: ProcessTable) {
    this.procfs = procfs;
    this.processes = processes;
    this.mounts = findMounts(cgroupfs);
    this.devices = new BlockDevices(procfs);
    this.volumes = new Volumes(procfs, this.devices);
  }

  /** A container a step. `now` in ms since the epoch. */
  *collect(sink: MetricSink, now: number): Generator<void> {
    const live = [...this.processes.all()].filter(({ pids }) => pids.size > 0);
    const addresses = machineAddresses();
    const namespaces = new NamespaceCounters(this.procfs);
    this.threadShare = Math.max(LEAST_THREADS, Math.floor(THREADS / Math.max(1, live.length)));
    for (const container of live) {
      this.collectOne(sink, container, now);
      this.emitNetwork(sink, container, namespaces);
      emitPublished(sink, container, addresses);
      yield;
    }
    for (const [id, { seenAt }] of this.memory) {
      const isTooMuch = this.memory.size > MOST_REMEMBERED && seenAt < now;
      if (isTooMuch || now - seenAt > REMEMBERED_FOR) this.memory.delete(id);
    }
    // for the next interval: a file system may take its time, or for ever
    void this.volumes.refresh(live);
  }

  private collectOne(sink: MetricSink, container: Container, now: number): void {
    const memory = this.memoryOf(container);
    memory.seenAt = now;
    this.observeProcesses(container, memory);
    const resources = readCgroup(container.cgroups, this.mounts);
    emitInfo(sink, container);
    sink.sample(C.restarts, container, {}, memory.restarts);
    for (const type of memory.types) sink.sample(C.applicationType, container, { application_type: type }, 1);
    sink.sample(C.cpuDelay, container, {}, memory.cpuDelay.seconds);
    if (memory.diskDelay > 0) sink.sample(C.diskDelay, container, {}, memory.diskDelay);
    emitResources(sink, container, resources);
    addKills(memory, container, resources.oomKills ?? 0);
    // the cgroups' own counters, and what the kernel told us of processes whose cgroup has none
    sink.sample(C.oomKills, container, {}, Math.max(memory.oomKills, container.oomKills));
    const volumes = this.volumes.of(container.containerId);
    emitSpace(sink, container, volumes);
    emitIo(sink, container, resources.io, volumes, this.devices);
  }

  private memoryOf(container: Container): Memory {
    const known = this.memory.get(container.containerId) ?? newMemory();
    this.memory.set(container.containerId, known);
    return known;
  }

  /** A container restarted when even its oldest process is younger than the oldest one seen before. */
  private observeProcesses(container: Container, memory: Memory): void {
    let oldest = Infinity;
    const disk = new Map<number, number>();
    for (const pid of container.pids) {
      const stat = processStat(this.procfs, pid);
      if (!stat) continue;
      this.recognise(pid, stat.program, memory);
      oldest = Math.min(oldest, stat.start);
      disk.set(pid, stat.diskDelay);
    }
    memory.cpuDelay.observe(this.procfs, container.pids, this.threadShare);
    memory.diskDelay += growth(memory.diskDelayOf, disk);
    memory.diskDelayOf = disk;
    for (const pid of memory.judged.keys()) if (!container.pids.has(pid)) memory.judged.delete(pid);
    if (oldest === Infinity) return;
    if (memory.start > 0 && oldest > memory.start) memory.restarts++;
    memory.start = oldest;
  }

  /**
   * Each program that a process runs is judged once, since scripts prepare a container and then become its server: by its
   * command line, and a few by what their executable tells.
   */
  private recognise(pid: number, program: string, memory: Memory): void {
    if (memory.judged.get(pid) === program) return;
    memory.judged.set(pid, program);
    const named = applicationType(readText(join(this.procfs, String(pid), 'cmdline')) ?? '');
    if (named !== undefined) memory.types.add(named);
    else if (memory.binaries < BINARIES_LOOKED_AT) {
      memory.binaries++;
      const language = languageOf(this.procfs, pid);
      if (language !== undefined) memory.types.add(language);
    }
  }

  /** Of a network namespace that is not the machine's; containers of one pod share it, and its counters. */
  private emitNetwork(sink: MetricSink, container: Container, namespaces: NamespaceCounters): void {
    const pid = container.pids.values().next().value;
    const counters = pid === undefined ? undefined : namespaces.of(pid);
    if (counters) sink.sample(C.tcpListenOverflows, container, {}, counters.overflows);
  }
}

/** Addresses at which others reach this machine. */
const machineAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address))
    .map(({ address }) => address);

function emitInfo(sink: MetricSink, container: Container): void {
  const { runtime, unit } = container;
  const labels = {
    image: runtime?.image ?? '',
    systemd_triggered_by: unit?.triggeredBy.join(',') ?? '',
    systemd_type: unit?.type ?? '',
  };
  sink.sample(C.info, container, labels, 1);
}

/** A cgroup made anew for the same container counts from 0, under another path or under the same. */
function addKills(memory: Memory, { cgroups }: Container, kills: number): void {
  const path = cgroups.unified + (cgroups.controllers['memory'] ?? '');
  const isSame = path === memory.oomCgroup && kills >= memory.oomInCgroup;
  memory.oomKills += isSame ? kills - memory.oomInCgroup : kills;
  memory.oomCgroup = path;
  memory.oomInCgroup = kills;
}

/** What has been added since: whoever is new counts from now on. */
function growth(before: ReadonlyMap<number, number>, now: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [key, value] of now) sum += Math.max(0, value - (before.get(key) ?? value));
  return sum;
}
