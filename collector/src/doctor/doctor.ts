import type { Logger } from '@gumshoe/base/logger';
import { Collector } from '../collector.ts';
import type { CollectorConfig } from '../config.ts';
import { RECEIVERS } from '../receivers/index.ts';
import { machineFindings, type Finding } from './machine.ts';
import { runtimeFindings } from './runtimes.ts';

const QUIET: Logger = { log: () => undefined };

interface ReceiverStatus {
  readonly state: string;
  readonly reason?: string;
  /** Parts of what it gives that this machine has not. */
  readonly lacks?: readonly { readonly what: string; readonly reason: string; readonly costs: string }[];
}

interface Status {
  readonly programs: readonly {
    readonly object: string;
    readonly program: string;
    readonly attached: boolean;
    readonly reason: string;
  }[];
  readonly receivers: Readonly<Record<string, ReceiverStatus>>;
  readonly exporters: readonly {
    readonly name: string;
    readonly target: string;
    readonly lastError: string;
    readonly lastSuccess: number;
    readonly spool?: { readonly problem: string };
  }[];
}

/**
 * What this machine allows and what each refusal costs: facts of the machine, then everything is really opened,
 * looked at and closed again. Without a target of its own it observes this process only.
 * @throws ConfigError for files of secrets that cannot be read.
 */
export async function examine(config: CollectorConfig): Promise<readonly Finding[]> {
  const targeted = [config['target-cgroup'], config['target-pid'], config['target-netns']].some(
    (list) => list.length > 0,
  );
  const collector = new Collector(
    {
      ...config,
      listen: '127.0.0.1:0',
      'gateway-listen': undefined,
      ...(targeted ? {} : { 'target-pid': [process.pid] }),
    },
    QUIET,
  );
  try {
    await collector.start();
    await collector.flush();
    const status = collector.status() as unknown as Status;
    return [
      ...machineFindings(config.procfs, config.cgroupfs),
      ...(await runtimeFindings(config['host-root'])),
      ...receiverFindings(status),
      ...programFindings(status),
      ...exporterFindings(config, status),
    ];
  } finally {
    await collector.stop();
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

function receiverFindings({ receivers }: Status): Finding[] {
  const lacking = Object.values(receivers).flatMap(({ lacks = [] }) =>
    lacks.map(({ what, reason, costs }): Finding => ({ subject: what, state: 'note', seen: reason, costs })),
  );
  const findings = Object.entries(receivers).map(([name, { state, reason }]): Finding => {
    const gives = RECEIVERS[name as keyof typeof RECEIVERS].gives;
    const subject = `receiver ${name}`;
    if (state === 'running') return { subject, state: 'ok', seen: gives, costs: '' };
    if (state === 'failed')
      return { subject, state: 'lost', seen: firstLine(reason ?? 'failed'), costs: gives };
    return { subject, state: 'note', seen: state, costs: gives };
  });
  return [...findings, ...lacking];
}

function programFindings({ programs }: Status): Finding[] {
  const attached = programs.filter((one) => one.attached).length;
  const refused = programs.filter((one) => !one.attached);
  return [
    ...(attached > 0
      ? [{ subject: 'kernel programs', state: 'ok' as const, seen: `${attached} attached`, costs: '' }]
      : []),
    ...refused.map(({ object, program, reason }) => ({
      subject: `program ${object}/${program}`,
      state: 'lost' as const,
      seen: firstLine(reason),
      costs: program === '*' ? `everything of ${object}` : `what ${program} sees`,
    })),
  ];
}

function exporterFindings(config: CollectorConfig, { exporters }: Status): Finding[] {
  const findings = exporters.map(({ name, target, lastError }): Finding => ({
    subject: `exporter ${name}`,
    state: lastError === '' ? 'ok' : 'lost',
    seen: lastError === '' ? target : `${target}: ${lastError}`,
    costs: lastError === '' ? '' : 'what it writes waits, and is given up when there is no more room',
  }));
  const spoolProblem = exporters.find(({ spool }) => spool && spool.problem !== '')?.spool?.problem;
  if (spoolProblem !== undefined)
    findings.push({
      subject: 'spool',
      state: 'lost',
      seen: `${config['spool-dir']}: ${spoolProblem}`,
      costs: 'what waits for a store and does not fit in memory, or is there when the process ends',
    });
  if (findings.length > 0 && config['spool-dir'] === undefined)
    findings.push({
      subject: 'spool',
      state: 'note',
      seen: 'no --spool-dir',
      costs: 'what waits for a store is lost with the process',
    });
  return findings;
}

/** One line a finding. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const mark = { ok: 'ok  ', lost: 'LOST', note: 'note' } as const;
  return findings
    .map(
      ({ subject, state, seen, costs }) =>
        `${mark[state]}  ${subject.padEnd(width)}  ${seen}${costs ? ` → ${state === 'lost' ? 'lost' : 'without it'}: ${costs}` : ''}`,
    )
    .join('\n');
}
