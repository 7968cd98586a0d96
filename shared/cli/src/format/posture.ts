import { formatValue } from '@gumshoe/base/units';
import type { Alerts, Costs, DeploymentReport, Incident, Risk } from '@gumshoe/engine/api';
import { healthText } from './colour.ts';
import { table } from './table.ts';
import { clockText } from './window.ts';
import { shortName } from './short-name.ts';

export function incidentsText(incidents: readonly Incident[]): string {
  if (incidents.length === 0)
    return 'No incident: no budget burned fast enough to open one; gumshoe slo says how each objective stands.\n';
  return incidents
    .map((incident) => {
      const { resolvedAt, silent } = incident;
      const over = silent ? 'last seen at' : 'over at';
      const end = resolvedAt === undefined ? 'goes on' : `${over} ${clockText(resolvedAt)}`;
      const lines = incident.impacts.map(({ severity, name, slo, impact, budgetSpent, summary }) => [
        `  ${healthText(severity)}`,
        name,
        slo,
        formatValue(impact, 'ratio'),
        formatValue(budgetSpent, 'ratio'),
        summary,
      ]);
      return `${healthText(incident.severity)} ${incident.name}, since ${clockText(incident.openedAt)}, ${end}: ${incident.summary}\n${table(['  HEALTH', 'APPLICATION', 'OBJECTIVE', 'AFFECTED', 'OF THE BUDGET', 'WHAT'], lines)}`;
    })
    .join('\n');
}

export function deploymentsText(reports: readonly DeploymentReport[]): string {
  if (reports.length === 0) return 'No deployment touches the window.\n';
  return reports
    .map(({ deployment, comparison }) => {
      const { startedAt, name, previousVersion, version, state, rollback } = deployment;
      const lines = [
        `${clockText(startedAt)} ${name}: ${previousVersion} → ${version}, ${state}${rollback ? ', a rollback' : ''}; ${comparison.outcome === 'unknown' ? 'too little data to compare' : comparison.outcome}`,
        ...comparison.differences
          .filter(({ outcome }) => outcome !== 'same' && outcome !== 'unknown')
          .map(({ outcome, message }) => `  ${outcome}: ${message}`),
        ...comparison.newErrors.map(
          ({ sample, count }) => `  new error, ${formatValue(count, 'count')}×: ${sample}`,
        ),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('');
}

export function risksText(risks: readonly Risk[]): string {
  const open = risks.filter(({ dismissed }) => dismissed === undefined);
  const dismissed = risks.length - open.length;
  const note = dismissed > 0 ? `\n${dismissed} dismissed by the configuration.\n` : '';
  if (open.length === 0) return `No risk was found.\n${note}`;
  const rows = open.map(({ severity, application, kind, message }) => [
    healthText(severity),
    shortName(application),
    kind,
    message,
  ]);
  return `${table(['SEVERITY', 'APPLICATION', 'RISK', 'WHY'], rows)}${note}`;
}

export function costsText({ applications, nodes, prices }: Costs): string {
  if (applications.length === 0) return 'No application used anything that was measured.\n';
  const money = (value: number): string =>
    Number.isNaN(value) ? '' : `${value.toFixed(2)} ${prices.currency}`;
  const rows = applications.map(({ monthly, traffic, ...one }) => [
    shortName(one.application),
    formatValue(one.cpuCores, 'cores'),
    formatValue(one.memory, 'bytes'),
    formatValue(one.cpuShare, 'ratio'),
    formatValue(one.memoryShare, 'ratio'),
    formatValue(one.unusedCpu, 'cores'),
    formatValue(one.unusedMemory, 'bytes'),
    traffic.crossZone === undefined ? '' : formatValue(traffic.crossZone, 'bytes/second'),
    formatValue(traffic.internet, 'bytes/second'),
    money(monthly.total),
    money(monthly.unused),
    money(monthly.allocated),
    money(monthly.overProvisioned),
    money(monthly.perMillionRequests),
  ]);
  const header = [
    'APPLICATION',
    'CPU',
    'MEMORY',
    'CPU SHARE',
    'MEMORY SHARE',
    'UNUSED CPU',
    'UNUSED MEMORY',
    'TO OTHER ZONES',
    'TO THE INTERNET',
    'A MONTH',
    'UNUSED A MONTH',
    'ALLOCATED A MONTH',
    'OVER-PROVISIONED',
    'PER MILLION REQUESTS',
  ];
  const idle = nodes.map((node) => [
    node.node,
    formatValue(node.cores, 'count'),
    formatValue(node.memory, 'bytes'),
    formatValue(node.idleCpu, 'ratio'),
    formatValue(node.idleMemory, 'ratio'),
    money(node.monthly),
    money(node.monthlyIdle),
    node.instanceType,
    priceText(node, prices.currency),
  ]);
  const note = prices.assumed
    ? `\nList prices compare, and are nobody's bill${nodes.every(({ price }) => price.source !== 'parts') ? '' : `; parts without one are assumed to cost ${prices.cpuCoreHour} ${prices.currency} for a core and ${prices.memoryGibHour} for a GiB an hour`}. Yours go into --config (costs:).\n`
    : '';
  return `${table(header, rows)}\n${table(['NODE', 'CORES', 'MEMORY', 'IDLE CPU', 'IDLE MEMORY', 'A MONTH', 'IDLE A MONTH', 'TYPE', 'PRICE'], idle)}${note}`;
}

function priceText({ price, lifeCycle }: Costs['nodes'][number], currency: string): string {
  const { source, machine, list } = price;
  if (source === 'parts') return 'by core and GiB';
  const hour = `${Number(machine.toFixed(4))} ${currency} an hour`;
  if (!list) return `${hour}, configured`;
  const cheaper = /^(spot|preemptible)$/i.test(lifeCycle) ? `, on demand: ${lifeCycle} costs less` : '';
  return `${hour}, ${list.provider} ${list.region}, list of ${list.asOf}${cheaper}`;
}

export function alertsText({ rules, objectives }: Alerts): string {
  if (rules.length + objectives.length === 0)
    return 'No alert is or was active in the window; rules come from --config (alerts:).\n';
  const rows = [
    ...rules.map(({ rule, application, instance, state, message }) => [
      state.phase,
      rule.severity,
      rule.name,
      shortName(instance ?? application),
      state.firedAt === undefined ? '' : clockText(state.firedAt),
      message,
    ]),
    ...objectives.map(({ burnRate, application, kind, state, message }) => [
      state.phase,
      burnRate.severity,
      `${kind} burn rate`,
      shortName(application),
      state.firedAt === undefined ? '' : clockText(state.firedAt),
      message,
    ]),
  ];
  return table(['STATE', 'SEVERITY', 'RULE', 'OF', 'FIRED AT', 'WHAT'], rows);
}
