import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { writeBase } from './base.ts';
import { DAMAGES } from './damage.ts';
import { forge, FORGERIES } from './forge.ts';
import { Random } from './random.ts';

export interface FuzzOutcome {
  readonly count: number;
  readonly refused: number;
  readonly opened: number;
  readonly crashed: number;
  /** Took longer or more memory than any file may. */
  readonly overLimits: number;
  /** Left files beside the one that was read. */
  readonly harmful: number;
  readonly slowestMs: number;
  readonly highestRssMb: number;
  /** Kind of the mutation and its number, and what went wrong. */
  readonly failures: readonly string[];
  /** How many of each kind of mutation were opened all the same: what they changed was nowhere, or as valid as before. */
  readonly openedByKind: Readonly<Record<string, number>>;
}

/** Processor time. */
const MAX_MS = 10_000;
const MAX_RSS_MB = 1_500;

interface Answer {
  readonly outcome: string;
  readonly ms: number;
  readonly rssKb: number;
}

/** Kinds that take seconds each. */
const HEAVY: ReadonlySet<string> = new Set(['flood']);

/** Reads so many mutations of a real snapshot. Same seed, same mutations. */
export async function fuzz(count: number, seed: number, heavy = true): Promise<FuzzOutcome> {
  const kinds = [...Object.keys(DAMAGES), ...Object.keys(FORGERIES)].filter(
    (kind) => heavy || !HEAVY.has(kind),
  );
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-fuzz-'));
  const tally = {
    refused: 0,
    opened: 0,
    crashed: 0,
    overLimits: 0,
    harmful: 0,
    slowestMs: 0,
    highestRssMb: 0,
  };
  const failures: string[] = [];
  const openedByKind: Record<string, number> = {};
  const fail = (what: 'crashed' | 'overLimits' | 'harmful', where: string, how: string): void => {
    tally[what]++;
    if (failures.length < 20) failures.push(`${where}: ${how}`);
  };
  let reading = new Reading();
  try {
    const base = join(directory, 'base.gumshoe');
    const path = join(directory, 'case.gumshoe');
    await writeBase(base);
    const bytes = readFileSync(base);
    for (let i = 0; i < count; i++) {
      const random = new Random(seed * 1_000_003 + i);
      const kind = random.pick(kinds);
      mutate(kind, bytes, base, path, random);
      const where = `${kind} ${i}`;
      const answer = await reading.ask(path);
      if (answer === undefined) {
        fail('crashed', where, 'the process ended');
        reading = new Reading();
      } else {
        tally.slowestMs = Math.max(tally.slowestMs, answer.ms);
        tally.highestRssMb = Math.max(tally.highestRssMb, answer.rssKb / 1024);
        if (answer.outcome === 'opened' || answer.outcome === 'refused') tally[answer.outcome]++;
        else fail('crashed', where, answer.outcome);
        if (answer.outcome === 'opened') openedByKind[kind] = (openedByKind[kind] ?? 0) + 1;
        if (answer.ms > MAX_MS || answer.rssKb / 1024 > MAX_RSS_MB) {
          fail('overLimits', where, `${Math.round(answer.ms)} ms, ${Math.round(answer.rssKb / 1024)} MB`);
          reading.stop();
          reading = new Reading();
        }
      }
      const left = readdirSync(directory).filter(
        (name) => name !== basename(base) && name !== basename(path),
      );
      if (left.length > 0) fail('harmful', where, left.join(', '));
      for (const name of [...left, basename(path)]) rmSync(join(directory, name), { force: true });
    }
    return { count, ...tally, failures, openedByKind };
  } finally {
    reading.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes a mutation. Files beside it that SQLite made while forging are gone. */
function mutate(kind: string, bytes: Buffer, base: string, path: string, random: Random): void {
  const damage = DAMAGES[kind];
  if (damage) writeFileSync(path, damage(bytes, random));
  else {
    copyFileSync(base, path);
    forge(path, FORGERIES[kind]!, random);
    for (const suffix of ['-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}

/** The process that reads. */
class Reading {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn(
      process.execPath,
      ['--max-old-space-size=1024', fileURLToPath(new URL('worker.ts', import.meta.url))],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** undefined when the process ended over it, or took far too long. */
  async ask(path: string): Promise<Answer | undefined> {
    this.#child.stdin!.write(`${path}\n`);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 12 * MAX_MS);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    return done ? undefined : (JSON.parse(value as string) as Answer);
  }

  stop(): void {
    this.#child.stdin!.end();
    this.#child.kill('SIGKILL');
  }
}
