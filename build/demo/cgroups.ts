import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PREFIX = 'gumshoe-demo-';

interface Hierarchies {
  readonly unified: string;
  /** v1's; none on a machine with v2 alone */
  readonly controllers: readonly string[];
}

function hierarchies(): Hierarchies {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return { unified: ROOT, controllers: [] };
  const controllers = ['cpu', 'cpuacct', 'memory', 'blkio'].map((name) => join(ROOT, name));
  return { unified: join(ROOT, 'unified'), controllers: controllers.filter(existsSync) };
}

export interface UnitLimits {
  /** cores */
  readonly cpu?: number;
  /** bytes */
  readonly memory?: number;
}

/** A slice of cgroups of our own, in cgroup v2 and in the v1 controllers the machine mounts. */
export class Slice {
  readonly name: string;
  private readonly unified: string;
  private readonly controllers: readonly string[];

  constructor(id: string) {
    this.name = `${PREFIX}${id}.slice`;
    ({ unified: this.unified, controllers: this.controllers } = hierarchies());
    for (const root of this.roots()) mkdirSync(join(root, this.name), { recursive: true });
    if (this.controllers.length === 0) enableControllers(ROOT, this.name);
    for (const root of this.controllers) {
      const hierarchy = join(root, this.name, 'memory.use_hierarchy');
      if (existsSync(hierarchy)) tryWrite(hierarchy, '1');
    }
  }

  /** Directory of the slice in cgroup v2: what the collector's `--target-cgroup` takes. */
  get path(): string {
    return join(this.unified, this.name);
  }

  private roots(): string[] {
    return [this.unified, ...this.controllers];
  }

  /** Creates the unit's cgroups and returns the `cgroup.procs` files a process joins them through. */
  unit(unit: string, limits: UnitLimits): string[] {
    const files: string[] = [];
    for (const root of this.roots()) {
      const dir = join(root, this.name, `${unit}.service`);
      mkdirSync(dir, { recursive: true });
      applyLimits(dir, limits);
      files.push(join(dir, 'cgroup.procs'));
    }
    return files;
  }

  /** Processor time that nobody else wants. */
  giveWay(): void {
    for (const root of this.roots()) tryWrite(join(root, this.name, 'cpu.idle'), '1');
  }

  /** Every process of the slice. */
  processes(): number[] {
    return [...new Set(this.roots().flatMap((root) => processesBelow(join(root, this.name))))];
  }

  remove(): void {
    for (const root of this.roots()) removeTree(join(root, this.name));
  }
}

/** A unit beside the slices, directly below the root, as systemd's `Slice=-.slice` has it. */
export class TopUnit {
  readonly #folders: readonly string[];

  constructor(id: string) {
    const { unified, controllers } = hierarchies();
    this.#folders = [unified, ...controllers].map((root) => join(root, `${PREFIX}${id}.service`));
    for (const folder of this.#folders) mkdirSync(folder, { recursive: true });
  }

  /** The `cgroup.procs` files a process joins it through. */
  get files(): readonly string[] {
    return this.#folders.map((folder) => join(folder, 'cgroup.procs'));
  }

  /** Processor time that nobody else wants. */
  giveWay(): void {
    for (const folder of this.#folders) tryWrite(join(folder, 'cpu.idle'), '1');
  }

  remove(): void {
    for (const folder of this.#folders) removeTree(folder);
  }
}

function enableControllers(root: string, name: string): void {
  for (const dir of [root, join(root, name)])
    tryWrite(join(dir, 'cgroup.subtree_control'), '+cpu +memory +io');
}

function applyLimits(dir: string, limits: UnitLimits): void {
  if (limits.memory !== undefined) {
    tryWrite(join(dir, 'memory.limit_in_bytes'), String(limits.memory));
    tryWrite(join(dir, 'memory.max'), String(limits.memory));
    tryWrite(join(dir, 'memory.swap.max'), '0');
    tryWrite(join(dir, 'memory.swappiness'), '0');
  }
  if (limits.cpu !== undefined) {
    tryWrite(join(dir, 'cpu.cfs_period_us'), '100000');
    tryWrite(join(dir, 'cpu.cfs_quota_us'), String(Math.round(limits.cpu * 100_000)));
    tryWrite(join(dir, 'cpu.max'), `${Math.round(limits.cpu * 100_000)} 100000`);
  }
}

function tryWrite(file: string, text: string): void {
  if (!existsSync(file)) return;
  try {
    writeFileSync(file, text);
  } catch {
    // a controller that refuses a limit leaves the unit unlimited; the demo still runs
  }
}

function processesBelow(dir: string): number[] {
  if (!existsSync(dir)) return [];
  const own = readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  const below = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => processesBelow(join(dir, entry.name)));
  return [...own, ...below];
}

function removeTree(dir: string): void {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(dir, entry.name));
  try {
    rmdirSync(dir);
  } catch {
    // still busy: the next run's sweep takes it
  }
}
