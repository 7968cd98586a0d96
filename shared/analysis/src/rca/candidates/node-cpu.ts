import { formatValue } from '@gumshoe/base/units';
import type { Application, Node, World } from '@gumshoe/model/world';
import { sumColumns } from '@gumshoe/model/columns';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { matchLabel, rateWindow } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { ownTrouble } from '../own-trouble.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.8;
/** A neighbour of somebody who became slow in itself. */
const NEIGHBOUR_REACH = 0.9;
const LEAST_TROUBLE = 0.15;
const SIGNAL = NODE_METRICS.cpuUsage.name;

export const nodeCpu = defineCandidate({
  kind: 'node-cpu',
  title: 'Node out of CPU',
  examine: ({ application, frame }) => {
    const { world } = frame;
    const nodes = world.nodes.filter((node) => application.instances.some((one) => one.node === node.id));
    const judged = nodes
      .map((node) => ({ node, shift: shiftOf(node.cpuUsage, frame) }))
      .filter(({ shift }) => shift.during === shift.during)
      .sort((a, b) => b.shift.during - a.shift.during);
    const worst = judged[0];
    if (!worst) return undefined;
    const { node, shift } = worst;
    const rise = shift.during - (shift.before || 0);
    const magnitude = MOST * ramp(shift.during, 0.85, 0.98) * ramp(rise, 0.1, 0.3);
    if (magnitude === 0)
      return clear(SIGNAL, `node ${node.hostname} was ${formatValue(shift.during, 'ratio')} busy`);
    if (biggestGrower(world, node, frame)?.id !== application.id) return undefined;
    const of = matchLabel('machine_id', [node.id]);
    const window = rateWindow(world);
    const query = `sum(rate(${SIGNAL}{mode!="idle",${of}}${window})) / sum(rate(${SIGNAL}{${of}}${window}))`;
    const summary = `The CPUs of node ${node.hostname} were ${formatValue(shift.before, 'ratio')} busy before and ${formatValue(shift.during, 'ratio')} during the incident; ${application.name} grew most of what runs there.`;
    return suspect({
      title: `Node ${node.hostname} has no CPU left`,
      signal: SIGNAL,
      magnitude,
      onset: shift.onset,
      column: node.cpuUsage,
      node: node.id,
      reach: hurtsNeighbour(application, node, frame) ? NEIGHBOUR_REACH : 0,
      evidence: [
        measured(frame, query, summary, {
          value: shift.during,
          before: shift.before,
          unit: 'ratio',
          onset: shift.onset,
        }),
      ],
      remediation: `Find what took the CPU of ${node.hostname} (it may be no container at all), limit it or move it away.`,
    });
  },
});

/** Whether another application on the node, which the impacted one waits for, became slower in itself. */
function hurtsNeighbour(application: Application, node: Node, frame: Frame): boolean {
  return frame.world.applications.some(
    (other) =>
      other !== application &&
      other.instances.some((one) => one.node === node.id) &&
      ownTrouble(other, frame).latency > LEAST_TROUBLE,
  );
}

function biggestGrower(world: World, node: Node, frame: Frame): Application | undefined {
  const growth = (application: Application): number => {
    const here = application.instances.filter((one) => one.node === node.id).map((one) => one.cpuUsage);
    const shift = shiftOf(sumColumns(here, world.grid.points), frame);
    return shift.during - (shift.before || 0) || 0;
  };
  const ranked = world.applications
    .filter((one) => one.instances.some((instance) => instance.node === node.id))
    .map((application) => ({ application, by: growth(application) }))
    .sort((a, b) => b.by - a.by || (a.application.id < b.application.id ? -1 : 1));
  return ranked[0]?.application;
}
