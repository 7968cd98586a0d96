import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { figures } from './figures.ts';

const FILE = join(import.meta.dirname, '../../collector/src/receivers/ebpf/testdata/http2-bench.ts');
/** As collector/bin/gumshoe-collector.mjs starts it. */
const SMALL_HEAP = ['--max-semi-space-size=2', '--heap-growing-percent=15', '--single-threaded-gc'];

/** What a request of HTTP/2 costs in user space, from the ring buffer's record to the span's row. */
export async function benchHttp2(): Promise<void> {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...SMALL_HEAP, FILE], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${FILE}: ${stderr}`);
  const header = ['traffic', 'a request, first run', 'later', 'in the ring', 'spans of a run'];
  console.log(figures(header, JSON.parse(stdout) as string[][]));
}
