import { MINUTE, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import type { InstanceId } from '@gumshoe/model/entities';
import type { Application, Instance, World } from '@gumshoe/model/world';

/** A stretch of time in which at least one instance of one version of an application ran. */
export interface Generation {
  /** ReplicaSet of its pods; else the image. */
  readonly version: string;
  readonly images: readonly string[];
  readonly from: Milliseconds;
  /** undefined: it still runs at the end of the window. */
  readonly to?: Milliseconds;
  readonly instances: readonly InstanceId[];
  /** When the youngest of its instances was first seen. */
  readonly grewAt: Milliseconds;
}

interface Span {
  readonly version: string;
  readonly image: string;
  readonly instance: InstanceId;
  readonly from: Milliseconds;
  readonly to?: Milliseconds;
}

/** A version without instances for this long, ms, that comes back is a new generation. */
const GAP = 2 * MINUTE;
const POD = /^(.+)-[a-z0-9]{5}$/;

/**
 * Generations in the order in which they began. Pods are told apart by their ReplicaSet, everything else by its
 * image; an application without images has one generation.
 */
export function generationsOf(world: World, application: Application): readonly Generation[] {
  const spans = application.instances.flatMap((instance) => spansOf(world, application, instance));
  const byVersion = Map.groupBy(spans, ({ version }) => version);
  return [...byVersion.values()]
    .flatMap((list) => joinSpans(list))
    .sort((a, b) => a.from - b.from || (a.version < b.version ? -1 : 1));
}

function spansOf(world: World, application: Application, instance: Instance): readonly Span[] {
  const { id, firstSeen, lastSeen, images } = instance;
  const ended =
    instance.state === 'replaced' || instance.state === 'finished' || lastSeen < world.range.to - GAP;
  const end = ended ? { to: lastSeen } : {};
  const set = replicaSetOf(application, instance);
  if (set !== undefined)
    return [{ version: set, image: images.at(-1)?.image ?? '', instance: id, from: firstSeen, ...end }];
  const known = images.filter(({ image }) => image !== '');
  return known.map(({ image, at }, i) => {
    const next = known[i + 1];
    const from = i === 0 ? firstSeen : at;
    return { version: image, image, instance: id, from, ...(next ? { to: next.at } : end) };
  });
}

/** As Kubernetes says, or as the name of the pod tells. */
function replicaSetOf({ kind }: Application, { id, pod }: Instance): string | undefined {
  const owner = pod?.owner ?? '';
  if (owner.startsWith('ReplicaSet/')) return owner.slice('ReplicaSet/'.length);
  return kind === 'Deployment' && owner === '' ? POD.exec(id)?.[1] : undefined;
}

function joinSpans(spans: readonly Span[]): readonly Generation[] {
  const sorted = [...spans].sort((a, b) => a.from - b.from || (a.instance < b.instance ? -1 : 1));
  const groups: Span[][] = [];
  let end = -Infinity;
  for (const span of sorted) {
    const open = groups.at(-1);
    if (open && span.from <= end + GAP) open.push(span);
    else groups.push([span]);
    end = Math.max(groups.at(-1) === open ? end : -Infinity, span.to ?? Infinity);
  }
  return groups.map((group) => {
    const to = Math.max(...group.map((span) => span.to ?? Infinity));
    return {
      version: group[0]!.version,
      images: [...new Set(group.map(({ image }) => image))].filter((image) => image !== '').sort(),
      from: group[0]!.from,
      ...(to === Infinity ? {} : { to: milliseconds(to) }),
      instances: [...new Set(group.map(({ instance }) => instance))],
      grewAt: group.at(-1)!.from,
    };
  });
}
