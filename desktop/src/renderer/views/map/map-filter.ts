import type { ServiceMap, ServiceMapNode } from '../../../contract/engine.ts';

/** What the map can be narrowed to; '' is everything. */
export interface MapFilter {
  readonly cluster: string;
  readonly category: string;
}

export const MAP_FILTERS = ['cluster', 'category'] as const satisfies readonly (keyof MapFilter)[];

export const mapFilterOf = (params: Readonly<Record<string, string>>): MapFilter => ({
  cluster: params['cluster'] ?? '',
  category: params['category'] ?? '',
});

/** What there is to choose from, by name; nothing where all are alike. */
export function filterChoices(map: ServiceMap, name: keyof MapFilter): readonly string[] {
  const values = new Set(map.nodes.flatMap((node) => node[name] ?? []));
  return values.size > 1 ? [...values].sort() : [];
}

/** The applications that match, and the lines between them. */
export function filterMap(map: ServiceMap, filter: MapFilter): ServiceMap {
  const matches = (node: ServiceMapNode): boolean =>
    MAP_FILTERS.every((name) => filter[name] === '' || node[name] === filter[name]);
  const nodes = map.nodes.filter(matches);
  if (nodes.length === map.nodes.length) return map;
  const shown = new Set(nodes.map(({ id }) => id));
  return {
    ...map,
    nodes,
    edges: map.edges.filter(({ client, server }) => shown.has(client) && shown.has(server)),
  };
}
