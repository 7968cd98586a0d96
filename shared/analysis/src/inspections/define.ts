import type { TimeGrid, TimeRange } from '@gumshoe/base/time';
import type { NodeId } from '@gumshoe/model/entities';
import type { Application, CellRange, Dependency, Instance, Node } from '@gumshoe/model/world';
import type { Generation } from '../deployments/generations.ts';
import type { InspectionArea, Verdict } from '../finding.ts';
import type { ServiceLevel } from '../slo/evaluate.ts';
import type { Threshold } from './thresholds.ts';

/** Everything an inspection may ask for; it gets only what it declares. */
export interface Signals {
  readonly serviceLevel: ServiceLevel;
  readonly instances: readonly Instance[];
  /** Versions of a Deployment in the order in which they began; empty for other kinds. */
  readonly generations: readonly Generation[];
  /** What Kubernetes wants of it. */
  readonly replicas: Application['replicas'] | undefined;
  /** Nodes its instances run on. */
  readonly nodes: readonly Node[];
  /** Every instance on those nodes, its own among them. */
  readonly neighbours: ReadonlyMap<NodeId, readonly Neighbour[]>;
  /** Dependencies in which it is the client. */
  readonly upstreams: readonly Dependency[];
  readonly downstreams: readonly Dependency[];
  readonly postgres: Application['postgres'];
  readonly redis: Application['redis'];
  readonly mysql: Application['mysql'];
  readonly mongodb: Application['mongodb'];
  readonly memcached: Application['memcached'];
  readonly consumerLags: Application['consumerLags'];
  readonly postgresBackups: Application['postgresBackups'] | undefined;
  readonly logs: Application['logs'];
  readonly dns: Application['dns'] | undefined;
  readonly certificates: Application['certificates'];
}

/** An instance with the application it belongs to. */
export interface Neighbour {
  readonly application: Application;
  readonly instance: Instance;
}

export type SignalName = keyof Signals;

/** What every inspection knows without declaring it. */
export interface Subject {
  readonly application: Pick<Application, 'id' | 'name' | 'namespace' | 'kind' | 'type'>;
  readonly range: TimeRange;
  readonly grid: TimeGrid;
  /** Cells of the window. */
  readonly window: CellRange;
  /** ms between samples */
  readonly interval: number;
  /** PromQL selector of a metric of this application's containers. */
  readonly select: (metric: string, ...matchers: readonly string[]) => string;
  /** PromQL range for rates. */
  readonly rateWindow: string;
  /** Name of another application of the world. */
  readonly nameOf: (id: Application['id']) => string;
  /** The world's last interval in cells: how far back the last value may lie. */
  readonly recent: number;
}

export interface InspectionDefinition<N extends SignalName> {
  readonly id: string;
  readonly title: string;
  readonly area: InspectionArea;
  readonly threshold: Threshold;
  readonly needs: readonly N[];
  /**
   * `threshold` is what holds for this application, in the unit of the declared one. undefined: does not apply,
   * or there is no data to judge.
   */
  readonly inspect: (subject: Subject & Pick<Signals, N>, threshold: number) => Verdict | undefined;
}

/** An inspection with its declaration erased, as the index holds it. */
export interface Inspection {
  readonly id: string;
  readonly title: string;
  readonly area: InspectionArea;
  readonly threshold: Threshold;
  readonly needs: readonly SignalName[];
  /** With the default threshold unless another is given. */
  readonly inspect: (subject: Subject & Signals, threshold?: number) => Verdict | undefined;
}

/** Types the declaration and hands over nothing but the declared signals. */
export function defineInspection<const N extends SignalName>(
  definition: InspectionDefinition<N>,
): Inspection {
  const { id, title, area, threshold, needs } = definition;
  return {
    id,
    title,
    area,
    threshold,
    needs,
    inspect: (subject, value = threshold.default) => definition.inspect(restrict(subject, needs), value),
  };
}

function restrict<N extends SignalName>(
  subject: Subject & Signals,
  needs: readonly N[],
): Subject & Pick<Signals, N> {
  const { application, range, grid, window, interval, select, rateWindow, nameOf, recent } = subject;
  const base: Subject = { application, range, grid, window, interval, select, rateWindow, nameOf, recent };
  const own = base as Subject & { -readonly [K in N]: Signals[K] };
  for (const name of needs) own[name] = subject[name] as (typeof own)[N];
  return own;
}
