import type { Series } from '@gumshoe/base/series';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { Cluster } from './cluster.ts';
import { Output } from './output.ts';
import type { Scenario } from './scenario.ts';
import { writeForeign } from './write-foreign.ts';
import { writeEdges, writeUsers } from './write-edges.ts';
import { writeInstance } from './write-instances.ts';
import { writeNode } from './write-nodes.ts';
import { writeProbes } from './write-probes.ts';
import { writeLogRecords, writeSpans } from './write-spans.ts';

/** Series as collectors, probes and readers of spans would write them of a cluster in which this goes on. */
export function simulate(scenario: Scenario): readonly Series[] {
  const { mode, topology, range } = scenario;
  const writer = new SeriesWriter(range, mode.interval);
  const output = new Output(scenario, new Cluster(scenario), writer);
  if (mode.foreign) return writeForeign(output);
  if (mode.signals === 'traces') writeSpans(output);
  if (mode.signals === 'logs') writeLogRecords(output);
  if (mode.signals === 'traces' || mode.signals === 'logs') return writer.series;
  for (let node = 0; node < topology.nodes; node++) writeNode(output, node);
  for (const service of topology.services) {
    output.replicas(service).forEach((_, i) => writeInstance(output, service, i));
    writeEdges(output, service);
  }
  writeUsers(output);
  if (mode.probes) writeProbes(output);
  return writer.series;
}
