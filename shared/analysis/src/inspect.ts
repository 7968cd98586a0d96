import { toFailure } from '@gumshoe/base/failure';
import type { Health } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { worstHealth, type Finding, type InspectionArea } from './finding.ts';
import type { Inspection } from './inspections/define.ts';
import { INSPECTIONS } from './inspections/index.ts';
import { indexWorld, subjectOf, type WorldIndex } from './inspections/subject.ts';
import {
  thresholdResolver,
  type ThresholdOverride,
  type ThresholdResolver,
} from './inspections/thresholds.ts';
import type { CustomIndicators } from './slo/custom-indicators.ts';
import type { EarlierBudgets } from './slo/earlier.ts';
import { evaluateServiceLevel, type ServiceLevel } from './slo/evaluate.ts';
import { NO_OBJECTIVE_SETTINGS, type ObjectiveSettings } from './slo/objectives.ts';

/** One application with everything the inspections say about it. */
export interface InspectedApplication {
  readonly application: Application;
  readonly serviceLevel: ServiceLevel;
  readonly findings: readonly Finding[];
  readonly health: Health;
}

export interface InspectedWorld {
  readonly world: World;
  readonly applications: readonly InspectedApplication[];
  readonly byId: ReadonlyMap<Application['id'], InspectedApplication>;
}

export interface InspectOptions {
  /** All of them by default. */
  readonly inspections?: readonly Inspection[];
  /** In place of the inspections' own. */
  readonly thresholds?: readonly ThresholdOverride[];
  /** What was promised, where that is not what we take for granted. */
  readonly objectives?: ObjectiveSettings;
  /** Answers to the queries that the objectives want (`wantedIndicators`). */
  readonly indicators?: CustomIndicators;
  /** What is known of the time before the world begins (`earlierBudgets`). */
  readonly earlier?: EarlierBudgets;
}

/**
 * Areas whose findings colour an application: what its users feel, whether its instances are there, and what it
 * is as a database or queue. Resources, runtimes, network and logs explain a colour; on their own they only inform.
 */
export const COLOURING: ReadonlySet<InspectionArea> = new Set([
  'SLO',
  'Instances',
  'Postgres',
  'MySQL',
  'MongoDB',
  'Redis',
  'Memcached',
  'Kafka',
  'RabbitMQ',
  'NATS',
  'ClickHouse',
  'ZooKeeper',
  'Cassandra',
  'Elasticsearch',
]);

/** Judges every application of the world by every inspection. Same world, same answer. */
export function inspectWorld(world: World, options: InspectOptions = {}): InspectedWorld {
  const { inspections = INSPECTIONS, thresholds = [], objectives = NO_OBJECTIVE_SETTINGS } = options;
  const index = indexWorld(world);
  const resolve = thresholdResolver(thresholds);
  const applications = world.applications.map((application) =>
    inspectApplication(
      world,
      application,
      evaluateServiceLevel(world, application, objectives, options.indicators, options.earlier),
      { inspections, index, resolve },
    ),
  );
  return { world, applications, byId: new Map(applications.map((one) => [one.application.id, one])) };
}

interface Inspecting {
  readonly inspections: readonly Inspection[];
  readonly index: WorldIndex;
  readonly resolve: ThresholdResolver;
}

function inspectApplication(
  world: World,
  application: Application,
  serviceLevel: ServiceLevel,
  { inspections, index, resolve }: Inspecting,
): InspectedApplication {
  const subject = subjectOf(world, application, serviceLevel, index);
  const findings = inspections.flatMap((inspection) => {
    const threshold = resolve(inspection.id, application, inspection.threshold.default);
    return runInspection(inspection, subject, threshold) ?? [];
  });
  const colouring = findings.filter((finding) => COLOURING.has(finding.area));
  return { application, serviceLevel, findings, health: worstHealth(colouring.map((f) => f.health)) };
}

/** A throw becomes a finding of unknown health: one broken inspection does not end the set. */
function runInspection(
  inspection: Inspection,
  subject: Parameters<Inspection['inspect']>[0],
  threshold: number,
): Finding | undefined {
  const { id, title, area } = inspection;
  const about = { inspection: id, title, area, window: subject.range };
  try {
    const verdict = inspection.inspect(subject, threshold);
    return verdict && { ...about, ...verdict };
  } catch (thrown) {
    const failure = toFailure(thrown, `run the inspection ${id}`, subject.application.id);
    return {
      ...about,
      failure,
      health: 'unknown',
      message: `The inspection failed: ${failure.reason}.`,
      value: NaN,
      threshold,
      unit: inspection.threshold.unit,
      instances: [],
      evidence: [],
      explanation: [failure.reason],
      columns: [],
    };
  }
}
