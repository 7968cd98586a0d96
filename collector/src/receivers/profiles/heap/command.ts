import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { formatValue } from '@gumshoe/base/units';
import { ConfigError } from '../../../config-error.ts';
import type { HeapProfile, HeapRequest } from './profile.ts';

const MAX_SECONDS = 600;
const HELP = `Usage: gumshoe-collector memory-profile --pid <pid> [options]

Watches malloc, calloc, realloc, posix_memalign and free of one process for a while and prints the stacks whose memory
was not freed, those that had the longest time to do so first. Meanwhile the process is slower: a call of the allocator
traps into the kernel once or twice, at 1 to 10 microseconds each (a virtual machine is at the upper end). Needs root, or CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE.

  --pid <pid>             the process
  --seconds <seconds>     how long, up to ${MAX_SECONDS} (default 30)
  --sample-bytes <bytes>  remember one block in so many bytes (default 65536; 1: every block)
  --top <count>           stacks to print (default 10)
  --pprof <file>          write all of them for pprof (gzip)
  --json                  as JSON
`;

const OPTIONS = {
  pid: { type: 'string' },
  seconds: { type: 'string', default: '30' },
  'sample-bytes': { type: 'string', default: '65536' },
  top: { type: 'string', default: '10' },
  pprof: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** `gumshoe-collector memory-profile`. Resolves with the exit code: 0 done, 1 nothing could be watched. */
export async function memoryProfile(argv: readonly string[]): Promise<number> {
  const flags = flagsOf(argv);
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const request: HeapRequest = {
    pid: wholeNumber('pid', flags.pid, 1, 2 ** 22),
    seconds: wholeNumber('seconds', flags.seconds, 1, MAX_SECONDS),
    sampleBytes: wholeNumber('sample-bytes', flags['sample-bytes'], 1, 2 ** 30),
  };
  const top = wholeNumber('top', flags.top, 1, 10_000);
  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  process.once('SIGTERM', () => ended.abort());
  const { heapPprof, profileHeap } = await import('./profile.ts');
  let profile: HeapProfile;
  try {
    profile = await profileHeap({ ...request, signal: ended.signal });
  } catch (error) {
    process.stderr.write(`gumshoe-collector memory-profile: process ${request.pid}: ${reasonOf(error)}\n`);
    return 1;
  }
  if (flags.pprof) writeFileSync(flags.pprof, gzipSync(heapPprof(profile)));
  process.stdout.write(flags.json ? jsonOf(profile, top) : heapText(profile, top));
  return 0;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function flagsOf(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (error) {
    throw new ConfigError([reasonOf(error)]);
  }
}

function wholeNumber(name: string, text: string | undefined, least: number, most: number): number {
  const value = Number(text ?? NaN);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ConfigError([`--${name}: a whole number from ${least} to ${most}, not ${text ?? 'nothing'}`]);
}

function jsonOf({ leaks, counts, allocator, durationNs }: HeapProfile, top: number): string {
  return `${JSON.stringify({
    schema: 'gumshoe.memory-profile/1',
    seconds: Number(durationNs) / 1e9,
    allocator: allocator.name,
    unwatched: allocator.unwatched,
    counts,
    leaks: leaks.slice(0, top),
  })}\n`;
}

/** What a person reads. */
export function heapText({ leaks, counts, allocator, durationNs }: HeapProfile, top: number): string {
  const bytes = (value: number): string => formatValue(value, 'bytes');
  const lines = [
    `${counts.allocations} allocations of ${bytes(counts.bytes)} in ${(Number(durationNs) / 1e9).toFixed(1)} s ` +
      `(${allocator.name}), ${counts.frees} frees, ${counts.sampled} blocks remembered` +
      (counts.lost > 0 ? `, ${counts.lost} lost: there was no room` : ''),
    ...allocator.unwatched.map((one) => `not watched: ${one}`),
    ...(leaks.length === 0 ? ['', 'everything that was remembered was freed'] : []),
  ];
  for (const { stack, bytes: all, blocks, oldBytes } of leaks.slice(0, top))
    lines.push(
      '',
      `${bytes(all)} in ${blocks} blocks not freed, ${bytes(oldBytes)} of them from the first half`,
      ...stack.map((frame) => `    ${frame}`),
    );
  return `${lines.join('\n')}\n`;
}
