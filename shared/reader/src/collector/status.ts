import { toFailure } from '@gumshoe/base/failure';
import type { SourcePart } from '@gumshoe/engine/ports';
import { connectionFailure } from '../failures.ts';

const TIMEOUT = 10_000;

interface CollectorStatus {
  readonly version?: string;
  readonly programs?: readonly {
    readonly object: string;
    readonly program: string;
    readonly attached: boolean;
    readonly reason: string;
  }[];
  readonly exporters?: readonly {
    readonly name: string;
    readonly lastError: string;
    readonly dropped: number;
  }[];
  readonly memory?: { readonly shedding?: readonly string[] };
}

/** What a collector says of itself: refused eBPF programs, exporters in trouble, what it sheds. Never rejects. */
export async function collectorPart(url: string, signal?: AbortSignal): Promise<SourcePart> {
  const before = performance.now();
  const part = { name: 'collector', target: url };
  const tried = 'read the status of the collector';
  try {
    const limit = AbortSignal.timeout(TIMEOUT);
    const answer = await fetch(`${url.replace(/\/$/, '')}/status`, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
    const status = (await answer.json()) as CollectorStatus;
    return {
      ...part,
      state: 'ok',
      latencyMs: performance.now() - before,
      version: status.version ?? '',
      notes: notesOf(status),
    };
  } catch (error) {
    const failure = toFailure(connectionFailure(error, tried, url), tried, url);
    return { ...part, state: 'failed', failure, notes: [] };
  }
}

function notesOf(status: CollectorStatus): string[] {
  const programs = status.programs ?? [];
  const refused = programs.filter((program) => !program.attached);
  return [
    `${programs.length - refused.length} of ${programs.length} eBPF programs attached`,
    ...refused.map(({ object, program, reason }) => `${object}/${program} refused: ${reason.split('\n')[0]}`),
    ...(status.exporters ?? [])
      .filter((one) => one.lastError !== '')
      .map((one) => `${one.name}: ${one.lastError}`),
    ...(status.exporters ?? [])
      .filter((one) => one.dropped > 0)
      .map((one) => `${one.name} dropped ${one.dropped}`),
    ...(status.memory?.shedding?.length
      ? [`sheds ${status.memory.shedding.join(', ')} for lack of memory`]
      : []),
  ];
}
