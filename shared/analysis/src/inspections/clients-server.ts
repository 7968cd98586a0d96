import type { Dependency, RequestColumns } from '@gumshoe/model/world';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import type { InspectionArea } from '../finding.ts';
import type { Subject } from './define.ts';

/** A kind of database or queue that is judged by what its clients see. */
export interface ServerKind {
  /** Prefix of the ids of its inspections. */
  readonly id: string;
  readonly area: InspectionArea;
  /** Spoken to its clients. */
  readonly protocol: Protocol;
  /** Application types of its servers. */
  readonly types: readonly string[];
  /** Its protocol is not its own: only applications of these types are meant. */
  readonly byTypeOnly?: boolean;
  /** Seconds below which no latency is of interest; undefined: judged by an inspection of its own. */
  readonly latency?: number;
}

/** Requests of the kind's protocol to this application, or as spans tell of them, with the dependency each belongs to. */
export interface ClientRequests {
  readonly dependency: Dependency;
  readonly requests: RequestColumns;
}

export function clientRequests(
  { application }: Pick<Subject, 'application'>,
  downstreams: readonly Dependency[],
  { protocol, types, byTypeOnly = false }: Pick<ServerKind, 'protocol' | 'types' | 'byTypeOnly'>,
): readonly ClientRequests[] {
  const isOne = types.includes(application.type ?? '');
  if (byTypeOnly && !isOne) return [];
  return downstreams.flatMap((dependency) =>
    dependency.requests
      .filter((requests) => requests.protocol === protocol || (isOne && requests.protocol === 'otel'))
      .map((requests) => ({ dependency, requests })),
  );
}
