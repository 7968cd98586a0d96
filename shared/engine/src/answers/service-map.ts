import { applicationState } from '@gumshoe/analysis/application-state';
import { dependencyState } from '@gumshoe/analysis/dependency-state';
import type { InspectedWorld } from '@gumshoe/analysis/inspect';
import { mapEdge, serviceMap } from '@gumshoe/model/derived/service-map';
import type { Dependency } from '@gumshoe/model/world';
import type { ServiceMap, ServiceMapEdge } from '../api.ts';

export function serviceMapOf(inspected: InspectedWorld): ServiceMap {
  const { world } = inspected;
  const map = serviceMap(
    world,
    (application) => {
      const one = inspected.byId.get(application.id)!;
      return { health: one.health, ...applicationState(world, one) };
    },
    (dependency) => dependencyState(world, dependency),
  );
  return { range: world.range, ...map };
}

export const serviceMapEdge = ({ world }: InspectedWorld, dependency: Dependency): ServiceMapEdge =>
  mapEdge(dependency, dependencyState(world, dependency));
