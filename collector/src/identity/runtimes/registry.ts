import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../../file-exists.ts';
import type { RuntimeContainer } from './container.ts';
import type { ContainerRuntime } from './runtime.ts';

/** A place where a runtime's socket may be, and how to talk to it. */
export interface RuntimePlace {
  /** Below the machine's root; one `*` stands for any folder. */
  readonly path: string;
  /** Loads what the conversation needs only here. */
  readonly open: (socket: string) => Promise<ContainerRuntime>;
}

const containerd = async (socket: string): Promise<ContainerRuntime> =>
  new (await import('./containerd.ts')).ContainerdRuntime(socket);
const docker = async (socket: string): Promise<ContainerRuntime> =>
  new (await import('./docker.ts')).DockerRuntime(socket);
const podman = async (socket: string): Promise<ContainerRuntime> =>
  new (await import('./docker.ts')).DockerRuntime(socket, 'podman');
const crio = async (socket: string): Promise<ContainerRuntime> =>
  new (await import('./crio.ts')).CrioRuntime(socket);

const storage = async (file: string): Promise<ContainerRuntime> =>
  new (await import('./containers-storage.ts')).ContainersStorage(file);

export const PLACES: readonly RuntimePlace[] = [
  { path: 'run/docker.sock', open: docker },
  { path: 'run/user/*/docker.sock', open: docker },
  { path: 'run/podman/podman.sock', open: podman },
  { path: 'run/user/*/podman/podman.sock', open: podman },
  { path: 'run/containerd/containerd.sock', open: containerd },
  { path: 'run/k3s/containerd/containerd.sock', open: containerd },
  { path: 'run/k0s/containerd.sock', open: containerd },
  { path: 'var/snap/microk8s/common/run/containerd.sock', open: containerd },
  { path: 'run/docker/containerd/containerd.sock', open: containerd },
  { path: 'run/crio/crio.sock', open: crio },
  // last: a socket knows more than the files
  { path: 'var/lib/containers/storage/overlay-containers/containers.json', open: storage },
  { path: 'var/lib/containers/storage/vfs-containers/containers.json', open: storage },
  { path: 'home/*/.local/share/containers/storage/overlay-containers/containers.json', open: storage },
];

/** ms between two lists; a change that a runtime announces is asked for at once. */
const POLL = 15_000;
/** A runtime that failed is left alone for longer each time, up to this, ms. */
const BACK_OFF_LIMIT = 120_000;
/** ms for which several announcements count as one. */
const GATHER = 200;
const RUNTIME_ID = /^[0-9a-f]{64}$/;
/** Ids nobody knew that are remembered. */
const UNKNOWN = 5000;

interface Connected {
  readonly runtime: ContainerRuntime;
  known: ReadonlyMap<string, RuntimeContainer>;
  problem: string;
  failures: number;
  /** ms since the epoch before which it is not asked. */
  pausedUntil: number;
  asking: Promise<void> | undefined;
  stopWatching: (() => void) | undefined;
}

/**
 * What the machine's container runtimes say of their containers. Asks in the background and answers from memory:
 * nothing waits for a runtime, and one that is gone or silent costs names only.
 */
export class ContainerRuntimes {
  readonly #hostRoot: string;
  readonly #places: readonly RuntimePlace[];
  readonly #connected = new Map<string, Connected>();
  /** Answers of runtimes that cannot list; undefined for what none of them knows. */
  readonly #inspected = new Map<string, RuntimeContainer | undefined>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;

  /** `hostRoot`: where the machine's root file system is seen from here. */
  constructor(hostRoot: string, places: readonly RuntimePlace[] = PLACES) {
    this.#hostRoot = hostRoot;
    this.#places = places;
  }

  /** Asks now and from then on, until `stop`. Returns at once. */
  start(): void {
    void this.refresh();
    this.#timer = setInterval(() => void this.refresh(), POLL).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { runtime, stopWatching } of this.#connected.values()) {
      stopWatching?.();
      runtime.close();
    }
    this.#connected.clear();
  }

  /** What is known of a container now, by its 64-digit id; whoever is not known yet is asked for. */
  readonly containerOf = (id: string): RuntimeContainer | undefined => {
    if (!RUNTIME_ID.test(id)) return undefined;
    for (const { known } of this.#connected.values()) {
      const found = known.get(id);
      if (found) return found;
    }
    if (!this.#inspected.has(id)) void this.#inspect(id);
    return this.#inspected.get(id);
  };

  /** Every runtime, and what it last failed at; '' when it answers. */
  status(): readonly {
    readonly runtime: string;
    readonly socket: string;
    readonly containers: number;
    readonly problem: string;
  }[] {
    return [...this.#connected.values()].map(({ runtime, known, problem }) => ({
      runtime: runtime.name,
      socket: runtime.socket,
      containers: known.size,
      problem,
    }));
  }

  /** Looks for sockets and asks each runtime that may be asked. Resolves when all have answered or failed. */
  refresh(): Promise<void> {
    this.#round ??= this.#refresh().finally(() => (this.#round = undefined));
    return this.#round;
  }

  async #refresh(): Promise<void> {
    // what nobody knew may be known by now
    for (const [id, found] of this.#inspected) if (!found) this.#inspected.delete(id);
    await this.#connect();
    await Promise.all([...this.#connected.values()].map((one) => this.#ask(one)));
  }

  async #connect(): Promise<void> {
    for (const place of this.#places)
      for (const socket of socketsAt(this.#hostRoot, place.path)) {
        if (this.#connected.has(socket)) continue;
        const runtime = await place.open(socket);
        this.#connected.set(socket, {
          runtime,
          known: new Map(),
          problem: '',
          failures: 0,
          pausedUntil: 0,
          asking: undefined,
          stopWatching: undefined,
        });
      }
    for (const [socket, one] of this.#connected)
      if (!fileExists(socket)) {
        one.stopWatching?.();
        one.runtime.close();
        this.#connected.delete(socket);
      }
  }

  #ask(one: Connected): Promise<void> {
    if (!one.runtime.list || Date.now() < one.pausedUntil) return Promise.resolve();
    one.asking ??= this.#askNow(one).finally(() => (one.asking = undefined));
    return one.asking;
  }

  async #askNow(one: Connected): Promise<void> {
    try {
      const list = (await one.runtime.list?.()) ?? [];
      one.known = new Map(list.map((container) => [container.id, this.#seenFromHere(container)]));
      answered(one);
      this.#watch(one);
    } catch (error) {
      failed(one, error);
    }
  }

  /** Runtimes name files as the machine does. */
  #seenFromHere(container: RuntimeContainer): RuntimeContainer {
    const { logPath } = container;
    if (logPath === '' || logPath.startsWith(join(this.#hostRoot, '/'))) return container;
    return { ...container, logPath: join(this.#hostRoot, logPath) };
  }

  #watch(one: Connected): void {
    if (one.stopWatching || !one.runtime.watch) return;
    let gathering: NodeJS.Timeout | undefined;
    const onChange = (): void => {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        void this.#ask(one);
      }, GATHER).unref();
    };
    // the next list begins to watch anew
    one.stopWatching = one.runtime.watch(onChange, () => (one.stopWatching = undefined));
  }

  async #inspect(id: string): Promise<void> {
    const able = [...this.#connected.values()].filter(
      (one) => one.runtime.inspect && Date.now() >= one.pausedUntil,
    );
    if (able.length === 0) return;
    if (this.#inspected.size >= UNKNOWN) this.#inspected.clear();
    this.#inspected.set(id, undefined);
    for (const one of able) {
      try {
        const found = await one.runtime.inspect?.(id);
        answered(one);
        if (found) this.#inspected.set(id, this.#seenFromHere(found));
      } catch (error) {
        failed(one, error);
      }
    }
  }
}

function answered(one: Connected): void {
  one.problem = '';
  one.failures = 0;
}

function failed(one: Connected, error: unknown): void {
  one.problem = error instanceof Error ? error.message : String(error);
  one.pausedUntil = Date.now() + Math.min(BACK_OFF_LIMIT, 1000 * 2 ** one.failures++);
}

function socketsAt(root: string, path: string): readonly string[] {
  const [before = '', after] = path.split('*');
  if (after === undefined) return fileExists(join(root, path)) ? [join(root, path)] : [];
  try {
    return readdirSync(join(root, before))
      .map((entry) => join(root, before, entry + after))
      .filter((socket) => fileExists(socket));
  } catch {
    return [];
  }
}
