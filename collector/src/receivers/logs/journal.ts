import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { LogLevel } from '@gumshoe/text/log-level';
import { fileExists } from '../../file-exists.ts';
import type { LogMessage } from './container-log.ts';

/** A message of the journal and the cgroup that wrote it. */
export interface JournalMessage extends LogMessage {
  readonly cgroup: string;
  /** Its place in the journal, as journald names it. */
  readonly cursor?: string;
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
  /** The last entry that was handed over before; reading goes on after it. */
  readonly after?: string;
}

const FOLDERS = ['var/log/journal', 'run/log/journal'];
const FIELDS = 'MESSAGE,PRIORITY,_SYSTEMD_CGROUP,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,_PID';
const FLUSH_EVERY = 500;
/** Messages that may wait; beyond it journalctl is not read, and the rest of a burst stays in the journal. */
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
  #lines: Interface | undefined;
  /** The last entry that was handed over; undefined before there is one. */
  cursor: string | undefined;
  /** Why nothing comes; '' while it runs. */
  problem = '';

  constructor(options: JournalOptions) {
    this.#options = options;
    this.cursor = options.after;
  }

  start(): void {
    const { hostRoot, folder } = this.#options;
    const folders = folder === undefined ? FOLDERS.map((one) => join(hostRoot, one)) : [folder];
    const found = folders.find((one) => fileExists(one));
    if (found === undefined) {
      this.problem = `no journal in ${folders.join(' or ')}`;
      return;
    }
    this.#run(found);
    this.#timer = setInterval(() => this.#flush(), FLUSH_EVERY);
  }

  #run(folder: string): void {
    const after = this.cursor;
    const begin = after !== undefined ? [`--after-cursor=${after}`, '--no-tail'] : this.#beginning();
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
    const lines = createInterface({ input: child.stdout });
    this.#lines = lines;
    lines.on('line', (line) => this.#line(line));
    const again = (reason: string): void => {
      if (this.#stopped || this.#child !== child) return;
      this.#child = undefined;
      this.problem = reason;
      // what still waits would be read again after the cursor
      this.#flush();
      const refused = after !== undefined && /cursor/i.test(words);
      if (refused) this.cursor = undefined;
      this.#restart = setTimeout(() => this.#run(folder), refused ? 0 : RESTART_AFTER);
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
    this.#waiting.push(message);
    // while stopping the pipe has to run dry, or the child's end is never seen
    if (this.#waiting.length >= MOST_WAITING && !this.#stopped) this.#lines?.pause();
  }

  #beginning(): readonly string[] {
    return this.#options.fromStart ? ['--no-tail'] : ['--lines=0'];
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#options.onMessages(messages);
    this.cursor = messages.at(-1)?.cursor ?? this.cursor;
    this.#lines?.resume();
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
  const cursor = textOf(entry['__CURSOR']);
  return {
    text,
    cgroup,
    at,
    ...(cursor === '' ? {} : { cursor }),
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
