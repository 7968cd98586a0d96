/** The one door to elkjs, which runs in a worker of its own. */
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ServiceMap } from '../../contract/engine.ts';
import { fromElkGraph, toElkGraph, type ElkResult, type MapDirection, type MapLayout } from './map-layout.ts';

let elk: InstanceType<typeof ELK> | undefined;

/** Places nodes and edges; rejects when the worker cannot. */
export async function layoutMap(map: ServiceMap, direction: MapDirection): Promise<MapLayout> {
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) });
  const result: unknown = await elk.layout(toElkGraph(map, direction));
  return fromElkGraph(result as ElkResult, direction);
}
