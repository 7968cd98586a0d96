import type { Logger } from '@gumshoe/base/logger';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { CollectorConfig } from './config.ts';
import { readSecret } from './secret-file.ts';
import { VERSION } from './version.ts';
import type { Exporter } from './exporters/define.ts';
import { openExporters } from './exporters/open.ts';
import { MetricsText } from './exporters/prometheus/metrics-text.ts';
import type { Gateway } from './gateway/gateway.ts';
import { cgroupBase } from './identity/cgroup-namespace.ts';
import { NatTable } from './identity/conntrack.ts';
import { ContainerLogFiles } from './identity/container-log-files.ts';
import { processFilter } from './identity/process-filter.ts';
import { ProcessTable } from './identity/processes.ts';
import { ContainerRuntimes } from './identity/runtimes/registry.ts';
import { UnitFiles } from './identity/unit-files.ts';
import type { RowConsumers } from './pipeline/consumers.ts';
import { MemoryBudget, type SheddableSignal } from './pipeline/memory-budget.ts';
import { IntervalSamples } from './pipeline/registry.ts';
import { ProcessorShare } from './receivers/processor-share.ts';
import { ResidentMemory } from './receivers/resident-memory.ts';
import { exporterTelemetry, processTelemetry } from './pipeline/self-telemetry.ts';
import type { TargetSelection } from './receivers/ebpf/target.ts';
import { RECEIVERS } from './receivers/index.ts';
import { RECEIVER_NAMES } from './receivers/names.ts';
import { machineFacts, type MachineFacts } from './receivers/proc/node.ts';
import { programTelemetry } from './receivers/program-telemetry.ts';
import { Receivers } from './receivers/running.ts';
import { isLoopback } from './loopback.ts';
import { StatusServer } from './status-server.ts';

/** How long SIGTERM may take to write what waits, ms. */
const FLUSH_LIMIT = 8_000;
/** `--only` leaves out all others. */
const leftOut = ({ only, disable }: CollectorConfig): ReadonlySet<string> =>
  new Set([...disable, ...(only.length === 0 ? [] : RECEIVER_NAMES.filter((name) => !only.includes(name)))]);
const KEEP_EXITED_FOR = 60_000;
/** Series producers that /status names. */
const TOP = 10;

/** Receivers, the interval loop, exporters and the status endpoint of one node. */
export class Collector {
  private readonly config: CollectorConfig;
  private readonly logger: Logger;
  private readonly facts: MachineFacts;
  private readonly target: TargetSelection;
  private readonly nat: NatTable;
  private readonly logFiles: ContainerLogFiles;
  private readonly processes: ProcessTable;
  private readonly runtimes: ContainerRuntimes;
  private exporters: readonly Exporter[] = [];
  private readonly memory: MemoryBudget;
  private readonly resident: ResidentMemory;
  private readonly share: ProcessorShare;
  private readonly receivers: Receivers;
  private server: StatusServer | undefined;
  private gateway: Gateway | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly text = new MetricsText();
  private shedSeries = 0;
  private topSeries: ReturnType<IntervalSamples['top']> = { containers: [], metrics: [] };
  private round: Promise<void> | undefined;
  private readonly startedAt = Date.now();

  /** Reads the files that hold secrets: throws ConfigError when one cannot be read. */
  constructor(config: CollectorConfig, logger: Logger) {
    this.config = config;
    this.logger = logger;
    this.facts = machineFacts(config['host-root']);
    this.target = {
      cgroups: config['target-cgroup'],
      pids: config['target-pid'],
      netns: config['target-netns'],
    };
    this.nat = new NatTable(config.procfs);
    this.logFiles = new ContainerLogFiles(config['host-root']);
    this.runtimes = new ContainerRuntimes(config['host-root']);
    const units = new UnitFiles(config['host-root']);
    this.processes = new ProcessTable({
      procfs: config.procfs,
      cgroupfs: config.cgroupfs,
      filter: processFilter(this.target, config.procfs, config.cgroupfs),
      hostName: this.facts.hostname,
      hostId: this.facts.machineId,
      kubernetesNames: this.logFiles.namesOf,
      runtimeContainer: this.runtimes.containerOf,
      unitFacts: (unit) => units.factsOf(unit),
      skipSystemServices: config['skip-system-services'],
      cgroupBase: cgroupBase(config.procfs, config.cgroupfs, process.pid),
      keepExitedFor: KEEP_EXITED_FOR,
    });
    this.memory = new MemoryBudget(config['memory-limit']);
    this.resident = new ResidentMemory(this.memory);
    const { procfs, cgroupfs } = config;
    this.share = new ProcessorShare({ procfs, cgroupfs, logger });
    this.receivers = new Receivers({
      config,
      target: this.target,
      facts: this.facts,
      logger,
      processes: this.processes,
      nat: this.nat,
      logFiles: this.logFiles,
      rows: this.rows,
      lending: {},
      memory: this.memory,
      overloaded: (signal) => this.overloaded(signal),
      forwardSamples: (samples) => this.forward(samples),
    });
  }

  /** Every row goes to every exporter of rows, unless memory is short. */
  private readonly rows: RowConsumers = {
    spans: (rows) => {
      if (!this.memory.admits('spans', rows.length)) return;
      for (const one of this.exporters) one.rows?.spans(rows);
    },
    logs: (rows) => {
      if (!this.memory.admits('logs', rows.length)) return;
      for (const one of this.exporters) one.rows?.logs(rows);
    },
    profiles: (stacks, samples) => {
      if (!this.memory.admits('profiles', samples.length)) return;
      for (const one of this.exporters) one.rows?.profiles(stacks, samples);
    },
  };

  private overloaded(signal: SheddableSignal | 'metrics'): boolean {
    if (signal === 'metrics') return false;
    return (
      this.memory.sheds(signal) || this.exporters.some((one) => one.rows !== undefined && one.pressed?.())
    );
  }

  private forward(samples: readonly RemoteWriteSample[]): boolean {
    const takers = this.exporters.filter((one) => one.samples !== undefined);
    for (const one of takers) one.samples?.(samples);
    return takers.length > 0;
  }

  /** Starts everything; resolves with the address it listens on. */
  async start(): Promise<string> {
    this.share.start(performance.now());
    this.exporters = await openExporters(this.config, this.facts.machineId, this.logger);
    const listen = await this.listen();
    await this.startGateway();
    this.runtimes.start();
    this.logFiles.refresh();
    this.processes.watch();
    this.processes.scan(Date.now());
    this.nat.refresh();
    const definitions = RECEIVER_NAMES.map((name) => RECEIVERS[name]);
    await this.receivers.start(definitions, leftOut(this.config));
    this.resident.start();
    await this.collectOnce();
    this.timer = setInterval(() => void this.collectOnce(), this.config.interval);
    return listen;
  }

  /** Further addresses of the ready line. */
  addresses(): Readonly<Record<string, string>> {
    return { ...this.receivers.addresses(), ...(this.gateway ? { gateway: this.gateway.address } : {}) };
  }

  private async startGateway(): Promise<void> {
    const { config } = this;
    const [listen, url, prometheusUrl] = [
      config['gateway-listen'],
      config['clickhouse-url'],
      config['prometheus-url'],
    ];
    if (!listen || !url || !prometheusUrl) return;
    const { startGateway } = await import('./gateway/gateway.ts');
    this.gateway = await startGateway({
      listen,
      certFile: config['gateway-cert-file'],
      keyFile: config['gateway-key-file'],
      token: readSecret(config['gateway-token-file'], 'gateway-token-file'),
      clickhouse: {
        url,
        user: config['clickhouse-user'],
        password: readSecret(config['clickhouse-password-file'], 'clickhouse-password-file'),
      },
      prometheusUrl,
      version: VERSION,
      status: () => this.status(),
      logger: this.logger,
    });
  }

  /** One interval: read the kernel, gather every receiver, hand over. */
  private collectOnce(): Promise<void> {
    this.round ??= this.collectNow().finally(() => (this.round = undefined));
    return this.round;
  }

  private async collectNow(): Promise<void> {
    const now = Date.now();
    this.logFiles.refresh();
    this.guard('process table', () => this.processes.scan(now));
    this.nat.refresh();
    const samples = new IntervalSamples(
      {
        machineLabels: { machine_id: this.facts.machineId, system_uuid: this.facts.systemUuid },
        maxSeriesPerContainer: this.config['max-series-per-container'],
      },
      now,
    );
    const look = (): void => this.resident.look(performance.now());
    await this.receivers.collect(samples, now, look);
    this.collectSelf(samples);
    this.text.renew(samples.samples, this.memory.status().shedding.length > 0);
    this.topSeries = samples.top(TOP);
    for (const one of this.exporters) one.samples?.(samples.samples);
    look();
    // not awaited: a store that answers late may not cost an interval
    for (const one of this.exporters) if (one.rows) void one.flush(false);
  }

  private guard(name: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.logger.log('error', `${name} failed`, {
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }

  /** What the collector says of itself. */
  private collectSelf(samples: IntervalSamples): void {
    samples.node(NODE_METRICS.agentInfo, { version: VERSION }, 1);
    samples.self(SELF_METRICS.up, {}, 1);
    samples.self(SELF_METRICS.buildInfo, { version: VERSION, component: 'collector' }, 1);
    exporterTelemetry(samples, this.exporters);
    processTelemetry(samples, this.memory, this.share);
    programTelemetry(samples, this.receivers.programs());
    this.shedSeries += samples.shed;
    samples.self(SELF_METRICS.dropped, { queue: 'metrics', cause: 'series_per_container' }, this.shedSeries);
    samples.self(SELF_METRICS.series, {}, samples.samples.length + 1);
  }

  status(): Record<string, unknown> {
    const { shedding, shed } = this.memory.status();
    return {
      version: VERSION,
      uptimeSeconds: Math.round((Date.now() - this.startedAt) / 1000),
      machine: this.facts,
      target: this.target,
      intervalSeconds: this.config.interval / 1000,
      programs: this.receivers.programs(),
      receivers: this.receivers.status(),
      containers: [...this.processes.all()].map((one) => ({
        id: one.containerId,
        service: one.serviceName,
        processes: one.pids.size,
      })),
      containerRuntimes: this.runtimes.status(),
      addressTranslation: this.nat.problem || `${this.nat.size} translations known, from ${this.nat.source}`,
      exporters: this.exporters.map((one) => one.status()),
      queues: this.exporters.flatMap((one) => one.queues()),
      processorShare: { state: this.share.state, fellBehind: this.share.fellBehind },
      series: { exposed: this.text.series, shed: this.shedSeries, top: this.topSeries },
      memory: {
        rssBytes: process.memoryUsage.rss(),
        limitBytes: this.config['memory-limit'],
        shedding,
        shed,
      },
    };
  }

  private listen(): Promise<string> {
    const { config } = this;
    const token = readSecret(config['listen-token-file'], 'listen-token-file');
    if (!isLoopback(config.listen) && token === undefined)
      this.logger.log(
        'warn',
        'listening beyond loopback without authentication: anyone who reaches this port reads the status',
        { listen: config.listen },
      );
    this.server = new StatusServer({
      listen: config.listen,
      token,
      certFile: config['listen-cert-file'],
      keyFile: config['listen-key-file'],
      metrics: (format) => this.text.read(format),
      status: () => this.status(),
    });
    return this.server.start();
  }

  /** Writes what waits, within a bounded time. */
  async flush(): Promise<void> {
    const flushed = Promise.all(this.exporters.map((one) => one.flush(true)));
    await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, FLUSH_LIMIT).unref())]);
  }

  /** Collects a last time and writes what waits, within a bounded time. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.resident.stop();
    await this.gateway?.stop();
    await this.round;
    await this.collectOnce();
    await this.receivers.stop();
    this.processes.close();
    this.runtimes.stop();
    await this.flush();
    for (const one of this.exporters) await one.close();
    await this.server?.stop();
    this.share.stop();
  }
}
