import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerSeries } from '../processors/sample-sink.ts';
import type { SpanOwner } from '../processors/spans.ts';
import type { ProcessEvent } from '../receivers/ebpf/process-event.ts';
import { containerPaths, parseCgroupFile, type CgroupPaths } from './cgroup.ts';
import { CgroupIndex } from './cgroup-index.ts';
import { newContainer, type Container, type ContainerFacts } from './container.ts';
import { nameContainer, type NamedProcess, type NameSources } from './naming.ts';
import type { ProcessFilter } from './process-filter.ts';

export type { Container } from './container.ts';

export interface ProcessTableOptions extends NameSources {
  readonly procfs: string;
  /** Mount of the cgroup hierarchies. */
  readonly cgroupfs: string;
  readonly filter: ProcessFilter;
  readonly hostName: string;
  readonly hostId: string;
  /** The collector's own cgroup where it lives in a cgroup namespace: paths are told relative to it. */
  readonly cgroupBase?: string | undefined;
  /** ms that an exited process can still be asked for */
  readonly keepExitedFor: number;
}

interface Known {
  container: Container | undefined;
  /** ms; 0 while alive */
  exitedAt: number;
}

/**
 * Which container each process belongs to. Resolved once per process through /proc and kept for a while after
 * its exit, since counters of the kernel outlive it. Processes outside the filter belong to none.
 */
export class ProcessTable {
  private readonly options: ProcessTableOptions;
  private readonly known = new Map<number, Known>();
  private readonly containers = new Map<string, Container>();
  private readonly cgroupIndex: CgroupIndex;
  private now = 0;

  constructor(options: ProcessTableOptions) {
    this.options = options;
    this.cgroupIndex = new CgroupIndex(options.cgroupfs);
  }

  /** From now on containers are known by the cgroups that are made for them, however short they live. */
  watch(): void {
    this.cgroupIndex.watch();
  }

  /** `ask` knows cgroups by their ids that may be gone already. */
  askOfCgroups(ask: (id: bigint) => string | undefined): void {
    this.cgroupIndex.ask = ask;
  }

  close(): void {
    this.cgroupIndex.close();
  }

  /** Every container with a live process, or one that had one lately. */
  all(): IterableIterator<Container> {
    return this.containers.values();
  }

  /** Looks at /proc: finds processes that no event announced, and those that are gone. Once per interval. */
  scan(now: number): void {
    this.now = now;
    this.renameDescribed();
    const alive = new Set(this.options.filter.processes());
    for (const pid of alive) {
      const known = this.known.get(pid);
      if (known === undefined || known.exitedAt > 0) this.resolve(pid);
      else if (known.container) known.container.lastSeen = now;
    }
    for (const [pid, known] of this.known) {
      if (known.exitedAt === 0 && !alive.has(pid)) this.exited(pid, known);
      if (known.exitedAt > 0 && now - known.exitedAt > this.options.keepExitedFor) this.known.delete(pid);
    }
    for (const [id, container] of this.containers)
      if (container.pids.size === 0 && now - container.lastSeen > this.options.keepExitedFor)
        this.containers.delete(id);
  }

  /** Links and runtimes may tell of containers after those have been seen: they get their names then. */
  private renameDescribed(): void {
    for (const [containerId, container] of this.containers) {
      if (!this.isDescribedNow(container)) continue;
      this.containers.delete(containerId);
      for (const [pid, known] of this.known) if (known.container === container) this.known.delete(pid);
    }
  }

  private isDescribedNow({ containerId, identity, runtime }: Container): boolean {
    const { runtimeContainer, kubernetesNames } = this.options;
    if (identity.id === '') return false;
    if (!runtime && runtimeContainer?.(identity.id)) return true;
    return containerId.startsWith(UNNAMED_POD) && kubernetesNames?.(identity.id) !== undefined;
  }

  private exited(pid: number, known: Known): void {
    known.exitedAt = this.now || 1;
    known.container?.pids.delete(pid);
  }

  /** `cgroupId`: from the kernel's record about the process, which may be gone when the record arrives. */
  containerOf(tgid: number, cgroupId = 0n): Container | undefined {
    const known = this.known.get(tgid) ?? this.resolve(tgid);
    if (!known.container && cgroupId !== 0n && !this.isAlive(tgid))
      known.container = this.containerOfCgroup(cgroupId);
    return known.container;
  }

  /** Whose spans a process sends; undefined also where its container does not want any. */
  spanOwnerOf(tgid: number, cgroupId = 0n): SpanOwner | undefined {
    const container = this.containerOf(tgid, cgroupId);
    return container?.runtime?.optOuts.traces ? undefined : container?.spanOwner;
  }

  /** Whose profile a process belongs to; undefined also where its container does not want any. */
  profileOwnerOf(tgid: number, cgroupId = 0n): SpanOwner | undefined {
    const container = this.containerOf(tgid, cgroupId);
    return container?.runtime?.optOuts.profiles ? undefined : container?.spanOwner;
  }

  processOf(container: ContainerSeries, tgid: number): number | undefined {
    const pids = this.containers.get(container.containerId)?.pids;
    if (!pids) return undefined;
    return pids.has(tgid) ? tgid : pids.values().next().value;
  }

  isAlive(tgid: number): boolean {
    const known = this.known.get(tgid);
    if (known && known.exitedAt > 0) return false;
    try {
      statSync(join(this.options.procfs, String(tgid)));
      return true;
    } catch {
      return false;
    }
  }

  onProcess(event: ProcessEvent): void {
    const known = this.known.get(event.tgid);
    if (event.change === 'oom-kill') {
      const container = this.containerOf(event.tgid, event.cgroupId);
      if (container) container.oomKills++;
    } else if (event.change === 'exit') {
      if (known) this.exited(event.tgid, known);
    } else if (event.change === 'start') {
      // a supervisor moves its child into a cgroup right after the fork: decide at exec, or when first asked
      this.known.delete(event.tgid);
    } else {
      if (known?.container) known.container.pids.delete(event.tgid);
      this.resolve(event.tgid);
      this.containerOf(event.tgid, event.cgroupId);
    }
  }

  /** Of a process that the kernel saw inside the target and that /proc no longer knows. */
  private containerOfCgroup(cgroupId: bigint): Container | undefined {
    const unified = this.cgroupIndex.pathOf(cgroupId, Date.now());
    if (unified === undefined) return undefined;
    const cgroups = { unified, controllers: {} };
    const facts = this.name(cgroups, UNKNOWN_PROCESS);
    if (!facts || facts.identity.kind === 'process') return undefined;
    const container = this.container(facts, cgroups);
    container.lastSeen = this.now;
    return container;
  }

  private name(cgroups: CgroupPaths, process: NamedProcess): ContainerFacts | undefined {
    return nameContainer(cgroups, process, this.options.hostName, this.options, this.now || Date.now());
  }

  private resolve(pid: number): Known {
    const container = this.options.filter.accepts(pid) ? this.readContainer(pid) : undefined;
    const known: Known = { container, exitedAt: 0 };
    this.known.set(pid, known);
    if (container) {
      container.pids.add(pid);
      container.lastSeen = this.now;
    }
    return known;
  }

  private readContainer(pid: number): Container | undefined {
    const dir = join(this.options.procfs, String(pid));
    try {
      const cgroups = parseCgroupFile(readFileSync(join(dir, 'cgroup'), 'utf8'), this.options.cgroupBase);
      const facts = this.name(cgroups, {
        comm: () => readFileSync(join(dir, 'comm'), 'utf8').trim(),
        cmdline: () => readFileSync(join(dir, 'cmdline'), 'utf8'),
      });
      if (!facts) return undefined;
      const container = this.container(facts, cgroups);
      container.cgroups = containerPaths(cgroups, container.identity);
      return container;
    } catch {
      return undefined; // exited meanwhile
    }
  }

  private container(facts: ContainerFacts, cgroups: CgroupPaths): Container {
    const known = this.containers.get(facts.containerId);
    if (known && known.identity.id === facts.identity.id) return known;
    const fresh = newContainer(facts, cgroups, this.options, this.now);
    // started again by its orchestrator: another container of the runtime, the same one to us
    const made = known ? { ...fresh, pids: known.pids, oomKills: known.oomKills } : fresh;
    this.containers.set(facts.containerId, made);
    return made;
  }
}

/** Begins the id of what is known to be in a pod, but not in which. */
const UNNAMED_POD = '/k8s/~/';

const UNKNOWN_PROCESS: NamedProcess = { comm: () => '', cmdline: () => '' };

/** Numeric entries of /proc. */
export function allProcesses(procfs: string): number[] {
  return readdirSync(procfs)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
