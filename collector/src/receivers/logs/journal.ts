import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LogLevel } from '@gumshoe/text/log-level';
import type { LogMessage } from './container-log.ts';

/** A message of the journal and the cgroup that wrote it. */
export interface JournalMessage extends LogMessage {
  readonly cgroup: string;
}

export interface JournalOptions {
  /** Where the machine's root file system is seen from here. */
  readonly hostRoot: string;
  /** Called with what came, at most every FLUSH_EVERY ms. */
  readonly onMessages: (messages: readonly JournalMessage[]) => void;
  /** A folder of journal files, instead of the machine's. */
  readonly folder?: string;
  /** Begins with what is there, not with what comes. */
  readonly fromStart?: boolean;
}

const FOLDERS = ['var/log/journal', 'run/log/journal'];
const FIELDS = 'MESSAGE,PRIORITY,_SYSTEMD_CGROUP,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,_PID';
const FLUSH_EVERY = 500;
/** Messages that may wait; the rest of a burst is left in the journal and counted. */
const MOST_WAITING = 10_000;
const LONGEST = 64 * 1024;
const RESTART_AFTER = 10_000;

/** Levels of syslog, 0 to 7. */
const LEVELS: readonly LogLevel[] = [
  'critical',
  'critical',
  'critical',
  'error',
  'warning',
  'info',
  'info',
  'debug',
];

/** Follows journald's files with its own reader, journalctl: their format is systemd's to know. */
export class Journal {
  readonly #options: JournalOptions;
  #child: ChildProcess | undefined;
  #waiting: JournalMessage[] = [];
  #timer: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;
  dropped = 0;
  /** Why nothing comes; '' while it runs. */
  problem = '';

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  start(): void {
    const { hostRoot, folder } = this.#options;
    const folders = folder === undefined ? FOLDERS.map((one) => join(hostRoot, one)) : [folder];
    const found = folders.find((one) => existsSync(one));
    if (found === undefined) {
      this.problem = `no journal in ${folders.join(' or ')}`;
      return;
    }
    this.#run(found);
    this.#timer = setInterval(() => this.#flush(), FLUSH_EVERY);
  }

  #run(folder: string): void {
    const begin = this.#options.fromStart ? ['--no-tail'] : ['--lines=0'];
    const args = [
      '--directory',
      folder,
      '--follow',
      ...begin,
      '--output=json',
      `--output-fields=${FIELDS}`,
      '--quiet',
    ];
    const child = spawn('journalctl', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
    });
    this.#child = child;
    this.problem = '';
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-500)));
    createInterface({ input: child.stdout }).on('line', (line) => this.#line(line));
    const again = (reason: string): void => {
      if (this.#stopped || this.#child !== child) return;
      this.#child = undefined;
      this.problem = reason;
      this.#restart = setTimeout(() => this.#run(folder), RESTART_AFTER);
      this.#restart.unref();
    };
    child.on('error', (error) => again(`journalctl: ${error.message}`));
    child.on('close', (code, signal) =>
      again(`journalctl ended with ${signal ?? `code ${code}`}: ${words.trim()}`),
    );
  }

  #line(line: string): void {
    const message = parseEntry(line);
    if (!message) return;
    if (this.#waiting.length >= MOST_WAITING) this.dropped++;
    else this.#waiting.push(message);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#options.onMessages(messages);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    this.#flush();
  }
}

/** One line of `journalctl --output=json`: fields as text, as bytes when they are no UTF-8, or as null when too long. */
export function parseEntry(line: string): JournalMessage | undefined {
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const text = textOf(entry['MESSAGE']).slice(0, LONGEST);
  const cgroup = textOf(entry['_SYSTEMD_CGROUP']);
  const at = Number(entry['__REALTIME_TIMESTAMP']) / 1000;
  if (text === '' || cgroup === '' || !(at > 0)) return undefined;
  const level = LEVELS[Number(entry['PRIORITY'] ?? 6)];
  const unit = textOf(entry['_SYSTEMD_UNIT']);
  return {
    text,
    cgroup,
    at,
    ...(level === undefined ? {} : { level }),
    attributes: unit === '' ? {} : { 'systemd.unit': unit },
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
    ? Buffer.from(value).toString('utf8')
    : '';
}
