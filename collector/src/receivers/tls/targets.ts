import { matchesGlob } from 'node:path';
import type { AttachedUprobe } from '../ebpf/kernel.ts';
import type { HeldFile, MappedFile } from './mapped-files.ts';
import type { Probe, Recognition } from './recognised.ts';

/** A library or program that does TLS, as /status shows it. */
export interface TargetStatus {
  readonly path: string;
  readonly build: string;
  readonly state: TargetState;
  /** Why it is not attached; '' when it is. */
  readonly reason: string;
  readonly processes: number;
  readonly probes: number;
}

/**
 * `attached`; `refused`: its build is not known for sure, or the kernel said no; `denied`: the configuration says so;
 * `detached`: it misbehaved.
 */
export type TargetState = 'attached' | 'refused' | 'denied' | 'detached';

export interface TargetsOptions {
  readonly hold: (file: MappedFile) => HeldFile | undefined;
  readonly attach: (program: string, path: string, offset: number) => AttachedUprobe;
  readonly recognise: (path: string, mapped: string) => Recognition;
  /** Globs of paths that are left alone. */
  readonly deny: readonly string[];
  /** ms that a file without processes stays attached: short-lived programs come again. */
  readonly linger: number;
  /** Probe hits per second on one file from which on it is left alone. */
  readonly maxHitsPerSecond: number;
  /** ms behind the attachment within which the death of a process is held against it. */
  readonly suspicion: number;
  readonly onChange: (status: TargetStatus) => void;
}

interface Target {
  readonly file: MappedFile;
  readonly build: string;
  state: TargetState;
  reason: string;
  detach: (() => void)[];
  /** Processes with the time since when they are probed, ms. */
  readonly users: Map<number, number>;
  /** ms; since when no process uses it. */
  idleSince: number;
}

/** SIGILL, SIGTRAP, SIGBUS, SIGSEGV: what a wrong byte in a program's code ends in. */
const CRASHES: Readonly<Record<number, string>> = { 4: 'SIGILL', 5: 'SIGTRAP', 7: 'SIGBUS', 11: 'SIGSEGV' };
/** Files that are remembered as holding no TLS. */
const MAX_PLAIN = 4096;
/** Attached or refused files; further ones are left alone. */
const MAX_TARGETS = 256;

/** Every file with TLS that processes of the target run, attached once each. */
export class TlsTargets {
  readonly #options: TargetsOptions;
  readonly #targets = new Map<string, Target>();
  /** Identities of files without TLS. */
  readonly #plain = new Set<string>();
  /** Why a file is never touched again, by identity. */
  readonly #misbehaved = new Map<string, string>();

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /** Whether the file was found to do TLS before. */
  knows(identity: string): boolean {
    return this.#targets.has(identity);
  }

  /** A process maps these files. `now` in ms. */
  use(tgid: number, files: readonly MappedFile[], now: number): void {
    for (const file of files) {
      if (this.#plain.has(file.identity)) continue;
      const target = this.#targets.get(file.identity) ?? this.#add(file, now);
      if (target && !target.users.has(tgid)) target.users.set(tgid, now);
    }
  }

  /** Files that processes are likely to map soon: attached, and let go of like any that nobody uses. */
  expect(files: readonly MappedFile[], now: number): void {
    for (const file of files)
      if (!this.#plain.has(file.identity)) {
        const target = this.#targets.get(file.identity) ?? this.#add(file, now);
        if (target?.users.size === 0) target.idleSince = now;
      }
  }

  /** A process ended. `exitCode` as in wait(2). */
  exited(tgid: number, exitCode: number, now: number): void {
    const crash = CRASHES[exitCode & 0x7f];
    for (const target of this.#targets.values()) {
      const since = target.users.get(tgid);
      if (since === undefined) continue;
      if (crash && target.state === 'attached' && now - since <= this.#options.suspicion)
        this.#giveUp(
          target,
          `process ${tgid} ended with ${crash} ${Math.round((now - since) / 1000)} s behind`,
        );
      target.users.delete(tgid);
      if (target.users.size === 0) target.idleSince = now;
    }
  }

  /** Probe hits per second by process: files that are hit too often are left alone. */
  rates(hitsPerSecond: ReadonlyMap<number, number>): void {
    for (const target of this.#targets.values()) {
      if (target.state !== 'attached') continue;
      let sum = 0;
      for (const tgid of target.users.keys()) sum += hitsPerSecond.get(tgid) ?? 0;
      if (sum > this.#options.maxHitsPerSecond)
        this.#giveUp(
          target,
          `its probes were hit ${Math.round(sum)} times a second, more than ${this.#options.maxHitsPerSecond}`,
        );
    }
  }

  /** Lets go of what no process has used for a while. */
  prune(now: number): void {
    for (const [identity, target] of this.#targets) {
      if (target.users.size > 0 || now - target.idleSince < this.#options.linger) continue;
      this.#release(target);
      this.#targets.delete(identity);
    }
  }

  /** Processes that use some file with TLS. */
  *users(): Generator<number> {
    for (const { users } of this.#targets.values()) yield* users.keys();
  }

  status(): readonly TargetStatus[] {
    return [...this.#targets.values()].map(statusOf);
  }

  close(): void {
    for (const target of this.#targets.values()) this.#release(target);
    this.#targets.clear();
  }

  #add(file: MappedFile, now: number): Target | undefined {
    if (this.#targets.size >= MAX_TARGETS) return undefined;
    const held = this.#options.hold(file);
    if (!held) return undefined;
    const target = this.#judge(file, held.path, now);
    held.release();
    if (!target) {
      if (this.#plain.size >= MAX_PLAIN) this.#plain.clear();
      this.#plain.add(file.identity);
      return undefined;
    }
    this.#targets.set(file.identity, target);
    this.#options.onChange(statusOf(target));
    return target;
  }

  #judge(file: MappedFile, path: string, now: number): Target | undefined {
    const make = (state: TargetState, build: string, reason: string): Target => ({
      file,
      build,
      state,
      reason,
      detach: [],
      users: new Map(),
      idleSince: now,
    });
    const glob = this.#options.deny.find((one) => matchesGlob(file.mapped, one));
    const found = this.#options.recognise(path, file.mapped);
    if (found.kind === 'none') return undefined;
    if (glob !== undefined) return make('denied', found.build, `the configuration denies ${glob}`);
    if (found.kind === 'refused') return make('refused', found.build, found.reason);
    const misbehaved = this.#misbehaved.get(file.identity);
    if (misbehaved !== undefined) return make('detached', found.build, misbehaved);
    const target = make('attached', found.build, '');
    this.#attach(target, path, found.probes);
    return target;
  }

  /** All or nothing: half of the probes would see half of the bytes. */
  #attach(target: Target, path: string, probes: readonly Probe[]): void {
    for (const { program, offset } of probes) {
      const attached = this.#options.attach(program, path, offset);
      if (attached.ok) {
        target.detach.push(attached.detach);
        continue;
      }
      this.#release(target);
      target.state = 'refused';
      target.reason = `${program} at 0x${offset.toString(16)}: ${attached.reason}`;
      return;
    }
  }

  #giveUp(target: Target, reason: string): void {
    this.#release(target);
    target.state = 'detached';
    target.reason = reason;
    this.#misbehaved.set(target.file.identity, reason);
    this.#options.onChange(statusOf(target));
  }

  #release(target: Target): void {
    for (const detach of target.detach) detach();
    target.detach = [];
  }
}

const statusOf = ({ file, build, state, reason, users, detach }: Target): TargetStatus => ({
  path: file.mapped,
  build,
  state,
  reason,
  processes: users.size,
  probes: detach.length,
});
