import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { matchLabel, promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';

export const cpuNode = defineInspection({
  id: 'cpu-node',
  title: 'Node CPU utilization',
  area: 'CPU',
  threshold: { default: 80, unit: 'percent', description: 'busy share of the CPUs of a node' },
  needs: ['nodes'],
  inspect: ({ nodes, window, range, rateWindow, recent }, threshold) => {
    const busy = nodes
      .map((node) => ({ node, value: lastOf(node.cpuUsage, window, recent) * 100 }))
      .filter(({ value }) => value === value)
      .sort((a, b) => b.value - a.value);
    const worst = busy[0];
    if (!worst) return undefined;
    const metric = NODE_METRICS.cpuUsage.name;
    const of = matchLabel('machine_id', [worst.node.id]);
    const query = `sum(rate(${metric}{mode!="idle",${of}}${rateWindow})) / sum(rate(${metric}{${of}}${rateWindow}))`;
    const message = `The CPUs of node ${worst.node.hostname} are ${formatValue(worst.value, 'percent')} busy (threshold ${threshold} %).`;
    return {
      health: worst.value > threshold ? 'warning' : 'ok',
      message,
      value: worst.value,
      threshold,
      unit: 'percent',
      instances: [],
      evidence: [promqlEvidence(query, range, message)],
      explanation: [
        `time not idle / all CPU time = ${worst.value.toFixed(1)} % of ${worst.node.cores} cores`,
      ],
      columns: nodes.map((node) => ({ name: node.hostname, values: node.cpuUsage.map((v) => v * 100) })),
    };
  },
});
