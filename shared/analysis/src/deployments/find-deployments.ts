import { MINUTE, type Milliseconds } from '@gumshoe/base/time';
import type { ApplicationId, InstanceId } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { generationsOf, type Generation } from './generations.ts';

/**
 * in progress: old and new instances run; stuck: so for long without a new instance; cancelled: it gave way
 * to another before it had replaced all; deployed: only its instances run, or ran until the next deployment.
 */
export type DeploymentState = 'in progress' | 'stuck' | 'cancelled' | 'deployed';

export interface Deployment {
  readonly application: ApplicationId;
  readonly name: string;
  /** ReplicaSet or image. */
  readonly version: string;
  readonly previousVersion: string;
  readonly images: readonly string[];
  readonly previousImages: readonly string[];
  /** The version ran before. */
  readonly rollback: boolean;
  readonly state: DeploymentState;
  readonly startedAt: Milliseconds;
  /** When the last instance of older versions was gone. */
  readonly finishedAt?: Milliseconds;
  /** When it gave way to the next one. */
  readonly supersededAt?: Milliseconds;
  readonly instances: readonly InstanceId[];
}

/** A rollout that has not moved for this long is stuck, ms. */
const STUCK = 3 * MINUTE;
/** What begins with the first samples was there before. */
const BEGINNING = 2;

/** Deployments of all applications that touch what was read, oldest first. */
export function findDeployments(world: World): readonly Deployment[] {
  return world.applications
    .flatMap((application) => deploymentsOf(world, application))
    .sort((a, b) => a.startedAt - b.startedAt || (a.application < b.application ? -1 : 1));
}

export function deploymentsOf(world: World, application: Application): readonly Deployment[] {
  const generations = generationsOf(world, application);
  const beginning = (world.observed?.from ?? world.grid.from) + BEGINNING * world.interval;
  return generations.flatMap((generation, i) => {
    const previous = previousOf(generations, i);
    if (!previous || generation.from <= beginning) return [];
    const { version, images, from: startedAt, instances } = generation;
    return [
      {
        application: application.id,
        name: application.name,
        version,
        previousVersion: previous.version,
        images,
        previousImages: previous.images,
        rollback: generations.slice(0, i).some((one) => one.version === version),
        startedAt,
        instances,
        ...progress(world, generations, i),
      },
    ];
  });
}

/** The generation that this one replaces: the one that ran longest before it began. */
function previousOf(generations: readonly Generation[], i: number): Generation | undefined {
  const { from, version } = generations[i]!;
  return generations
    .slice(0, i)
    .filter((one) => one.version !== version)
    .sort((a, b) => (b.to ?? Infinity) - (a.to ?? Infinity) || a.from - b.from)
    .find((one) => one.from < from);
}

function progress(
  world: World,
  generations: readonly Generation[],
  i: number,
): Pick<Deployment, 'state' | 'finishedAt' | 'supersededAt'> {
  const { to, from, grewAt } = generations[i]!;
  const older = generations.slice(0, i).filter((one) => (one.to ?? Infinity) > from);
  const next = generations[i + 1];
  const gone = Math.max(from, ...older.map((one) => one.to ?? Infinity)) as Milliseconds;
  const superseded = next ? { supersededAt: next.from } : {};
  if (to !== undefined && gone > to) return { state: 'cancelled', ...superseded };
  if (gone !== Infinity) return { state: 'deployed', finishedAt: gone, ...superseded };
  if (next) return { state: 'cancelled', ...superseded };
  return { state: world.range.to - grewAt > STUCK ? 'stuck' : 'in progress' };
}
