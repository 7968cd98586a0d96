import type { ServiceMap } from '../../contract/engine.ts';

/** Size of a node's box and of an edge's label, in units of the drawing (pixels at zoom 1). */
export const NODE = { width: 190, height: 80 } as const;
export const EDGE_LABEL = { width: 116, height: 32 } as const;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Which way calls go: `RIGHT` has callers on the left, `DOWN` above. */
export type MapDirection = 'RIGHT' | 'DOWN';

/** Where everything is; the same map gives the same placement. */
export interface MapLayout {
  readonly direction: MapDirection;
  readonly width: number;
  readonly height: number;
  /** Top left corners by application. */
  readonly nodes: ReadonlyMap<string, Point>;
  readonly edges: ReadonlyMap<string, EdgeRoute>;
}

export interface EdgeRoute {
  readonly points: readonly Point[];
  /** Centre of the label. */
  readonly label: Point;
}

export const edgeKey = (client: string, server: string): string => `${client} → ${server}`;

/** Changes only when nodes or edges come or go, so that fresh numbers never move the map. */
export function topologyKey(map: ServiceMap): string {
  const nodes = map.nodes.map((node) => node.id).sort();
  const edges = map.edges.map((edge) => edgeKey(edge.client, edge.server)).sort();
  return JSON.stringify([nodes, edges]);
}

/** A graph for elkjs: layers from callers to what they call. */
export function toElkGraph(map: ServiceMap, direction: MapDirection) {
  const known = new Set<string>(map.nodes.map((node) => node.id));
  const edges = map.edges
    .filter((edge) => known.has(edge.client) && known.has(edge.server))
    .sort((a, b) => compare(edgeKey(a.client, a.server), edgeKey(b.client, b.server)));
  return {
    id: 'map',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction,
      'elk.layered.spacing.nodeNodeBetweenLayers': '13',
      'elk.spacing.nodeNode': '44',
      'elk.spacing.edgeNode': '22',
      'elk.spacing.edgeLabel': '4',
      'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
      'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
      'elk.edgeRouting': 'SPLINES',
      'elk.separateConnectedComponents': 'true',
      'elk.randomSeed': '1',
    },
    children: [...known].sort(compare).map((id) => ({ id, ...NODE })),
    edges: edges.map((edge) => {
      const id = edgeKey(edge.client, edge.server);
      return {
        id,
        sources: [edge.client],
        targets: [edge.server],
        // elk leaves out labels without a text; this one is only there for its size.
        labels: [
          { id: `label ${id}`, text: id, ...EDGE_LABEL, layoutOptions: { 'elk.edgeLabels.inline': 'true' } },
        ],
      };
    }),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface ElkBox {
  readonly id: string;
  readonly x?: number;
  readonly y?: number;
}

export interface ElkResult {
  readonly width?: number;
  readonly height?: number;
  readonly children?: readonly ElkBox[];
  readonly edges?: readonly {
    readonly id: string;
    readonly sections?: readonly {
      readonly startPoint: Point;
      readonly endPoint: Point;
      readonly bendPoints?: readonly Point[];
    }[];
    readonly labels?: readonly ElkBox[];
  }[];
}

export function fromElkGraph(result: ElkResult, direction: MapDirection): MapLayout {
  const nodes = new Map((result.children ?? []).map((box) => [box.id, { x: box.x ?? 0, y: box.y ?? 0 }]));
  const edges = new Map<string, EdgeRoute>();
  for (const edge of result.edges ?? []) {
    const points = (edge.sections ?? []).flatMap((part) => [
      part.startPoint,
      ...(part.bendPoints ?? []),
      part.endPoint,
    ]);
    const box = edge.labels?.[0];
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
    const label = box
      ? { x: (box.x ?? 0) + EDGE_LABEL.width / 2, y: (box.y ?? 0) + EDGE_LABEL.height / 2 }
      : middle;
    edges.set(edge.id, { points, label });
  }
  return { direction, width: result.width ?? 0, height: result.height ?? 0, nodes, edges };
}
