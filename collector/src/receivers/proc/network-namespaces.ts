import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from './process-files.ts';

/** Counters of the TcpExt lines of /proc/<pid>/net/netstat (Documentation/networking/snmp_counter). */
export interface ListenCounters {
  /** Handshakes completed for which the accept queue had no room. */
  readonly overflows: number;
  /** Those, and every other attempt that a listening socket dropped. */
  readonly drops: number;
}

/** A line of names, then one of values, each begun with the group. */
export function parseListenCounters(text: string): ListenCounters | undefined {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt: '))
    .map((line) => line.split(' '));
  const at = (name: string): number => Number(values?.[names?.indexOf(name) ?? -1] ?? NaN);
  const [overflows, drops] = [at('ListenOverflows'), at('ListenDrops')];
  return Number.isNaN(overflows) ? undefined : { overflows, drops };
}

export const listenCounters = (procfs: string, pid: number): ListenCounters | undefined =>
  parseListenCounters(readText(join(procfs, String(pid), 'net/netstat')) ?? '');

/**
 * Tells the network namespace of a process from others: files below /proc/<pid>/net are its namespace's own. Needs no
 * privilege, unlike ns/net, which may be refused for process 1. undefined when the process is gone.
 */
export function networkNamespaceOf(procfs: string, pid: number): number | undefined {
  try {
    return statSync(join(procfs, String(pid), 'net/netstat')).ino;
  } catch {
    return undefined;
  }
}

/** What network namespaces that are not the machine's own count: of each once, however many containers share it. */
export class NamespaceCounters {
  readonly #procfs: string;
  readonly #machine: number | undefined;
  readonly #counters = new Map<number, ListenCounters | undefined>();

  constructor(procfs: string) {
    this.#procfs = procfs;
    this.#machine = networkNamespaceOf(procfs, 1);
  }

  /** Of the namespace that the process is in; undefined for the machine's, and for a process that is gone. */
  of(pid: number): ListenCounters | undefined {
    const namespace = networkNamespaceOf(this.#procfs, pid);
    if (namespace === undefined || namespace === this.#machine) return undefined;
    if (!this.#counters.has(namespace)) this.#counters.set(namespace, listenCounters(this.#procfs, pid));
    return this.#counters.get(namespace);
  }
}
