import { join } from 'node:path';
import type { Logger } from '@gumshoe/base/logger';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import { readSecret, VERSION, type CollectorConfig } from './config.ts';
import { ClickHouseWriter } from './exporters/clickhouse/writer.ts';
import { exposition } from './exporters/prometheus/exposition.ts';
import { RemoteWriteExporter } from './exporters/remote-write/remote-write.ts';
import { Spool } from './exporters/spool/spool.ts';
import type { Gateway } from './gateway/gateway.ts';
import { NatTable } from './identity/conntrack.ts';
import { identifyCgroup } from './identity/cgroup.ts';
import { ContainerLogFiles } from './identity/container-log-files.ts';
import { processFilter } from './identity/process-filter.ts';
import { ProcessTable } from './identity/processes.ts';
import { MemoryBudget } from './pipeline/memory-budget.ts';
import type { MetricSink, MetricSource } from './pipeline/metric-sink.ts';
import { IntervalSamples, type CollectedSample } from './pipeline/registry.ts';
import type { EbpfReceiver } from './receivers/ebpf/receiver.ts';
import { ensureTracefs } from './receivers/ebpf/tracefs.ts';
import type { TargetSelection } from './receivers/ebpf/target.ts';
import { LogsReceiver } from './receivers/logs/receiver.ts';
import { ContainerSource } from './receivers/proc/containers.ts';
import { machineFacts, NodeSource, type MachineFacts } from './receivers/proc/node.ts';
import type { ProfileReceiver } from './receivers/profiles/receiver.ts';
import { isLoopback, StatusServer } from './status-server.ts';

/** How long SIGTERM may take to write what waits, ms. */
const FLUSH_LIMIT = 8_000;
const KEEP_EXITED_FOR = 60_000;
const MAX_ROWS = 100_000;
const MAX_INTERVALS_WAITING = 240;
const LOG_MESSAGES_PER_SECOND = 200;

/** Receivers, the interval loop, exporters and the status endpoint of one node. */
export class Collector {
  private readonly config: CollectorConfig;
  private readonly logger: Logger;
  private readonly facts: MachineFacts;
  private readonly target: TargetSelection;
  private readonly nat: NatTable;
  private readonly logFiles: ContainerLogFiles;
  private readonly processes: ProcessTable;
  private readonly writer: ClickHouseWriter | undefined;
  private readonly remoteWrite: RemoteWriteExporter | undefined;
  private readonly memory: MemoryBudget;
  private readonly sources: MetricSource[] = [];
  private ebpf: EbpfReceiver | undefined;
  private profiles: ProfileReceiver | undefined;
  private logs: LogsReceiver | undefined;
  private server: StatusServer | undefined;
  private gateway: Gateway | undefined;
  private timer: NodeJS.Timeout | undefined;
  private latest: readonly CollectedSample[] = [];
  private shedSeries = 0;
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
    this.processes = new ProcessTable({
      procfs: config.procfs,
      cgroupfs: config.cgroupfs,
      filter: processFilter(this.target, config.procfs, config.cgroupfs),
      hostName: this.facts.hostname,
      hostId: this.facts.machineId,
      kubernetesNames: this.logFiles.namesOf,
      keepExitedFor: KEEP_EXITED_FOR,
    });
    this.memory = new MemoryBudget(config['memory-limit']);
    this.writer = config['clickhouse-url'] ? this.openWriter(config['clickhouse-url']) : undefined;
    this.remoteWrite = config['remote-write-url']
      ? this.openRemoteWrite(config['remote-write-url'])
      : undefined;
  }

  private openWriter(url: string): ClickHouseWriter {
    const { config } = this;
    return new ClickHouseWriter(
      {
        url,
        user: config['clickhouse-user'],
        password: readSecret(config['clickhouse-password-file'], 'clickhouse-password-file'),
        ttlDays: { traces: config['ttl-traces'], logs: config['ttl-logs'], profiles: config['ttl-profiles'] },
        maxRows: MAX_ROWS,
        spool: this.spool('rows'),
      },
      this.logger,
    );
  }

  private openRemoteWrite(url: string): RemoteWriteExporter {
    const token = readSecret(this.config['remote-write-token-file'], 'remote-write-token-file');
    const labels = { job: 'gumshoe-collector', instance: this.facts.machineId };
    return new RemoteWriteExporter(
      { url, token, labels, maxWaiting: MAX_INTERVALS_WAITING, spool: this.spool('metrics') },
      this.logger,
    );
  }

  /** Half of the allowance each for metrics and rows. */
  private spool(name: string): Spool | undefined {
    const { 'spool-dir': folder, 'spool-limit': limit } = this.config;
    return folder === undefined ? undefined : new Spool(join(folder, name), limit / 2);
  }

  /** Starts everything; resolves with the address it listens on. */
  async start(): Promise<string> {
    const disabled = new Set<string>(this.config.disable);
    const listen = await this.listen();
    await this.startGateway();
    this.logFiles.refresh();
    this.processes.scan(Date.now());
    this.nat.refresh();
    if (!disabled.has('ebpf')) await this.startEbpf();
    if (!disabled.has('profiles') && this.config['profile-frequency'] > 0) await this.startProfiles();
    if (!disabled.has('logs')) this.startLogs();
    if (!disabled.has('proc')) {
      this.sources.push(new NodeSource(this.config.procfs, this.facts));
      this.sources.push(new ContainerSource(this.config.procfs, this.config.cgroupfs, this.processes));
    }
    this.sources.push({ name: 'self', collect: (sink) => this.collectSelf(sink) });
    await this.collectOnce();
    this.timer = setInterval(() => void this.collectOnce(), this.config.interval);
    return listen;
  }

  /** Further addresses of the ready line. */
  addresses(): Readonly<Record<string, string>> {
    return this.gateway ? { gateway: this.gateway.address } : {};
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

  private async startEbpf(): Promise<void> {
    // what is not used is not loaded: it would stay in memory
    const { DEFAULT_EBPF_CONFIGURATION, openEbpfReceiver } = await import('./receivers/ebpf/open.ts');
    const { config } = this;
    const problem = ensureTracefs();
    if (problem) this.logger.log('warn', 'tracepoints will be refused', { reason: problem });
    this.ebpf = openEbpfReceiver(
      {
        ...DEFAULT_EBPF_CONFIGURATION,
        target: this.target,
        budget: {
          ...DEFAULT_EBPF_CONFIGURATION.budget,
          spansPerSecond: config['spans-per-second'],
          slowThresholdMs: config['slow-threshold'],
        },
      },
      {
        owners: this.processes,
        resolve: this.nat.resolve,
        onSpans: (rows) => this.memory.admits('spans', rows.length) && this.writer?.consumers.spans(rows),
      },
    );
    this.ebpf.start();
    for (const { object, program, attached, reason } of this.ebpf.programs)
      if (!attached)
        this.logger.log('warn', 'eBPF program refused', {
          program: `${object}/${program}`,
          reason: reason.split('\n')[0],
        });
  }

  private async startProfiles(): Promise<void> {
    const { openProfileReceiver } = await import('./receivers/profiles/open.ts');
    this.profiles = openProfileReceiver(
      { target: this.target, frequency: this.config['profile-frequency'] },
      {
        ownerOf: (tgid) => this.processes.spanOwnerOf(tgid),
        onRows: ({ stacks, samples }) => {
          if (this.memory.admits('profiles', samples.length))
            this.writer?.consumers.profiles(stacks, samples);
        },
      },
    );
  }

  private startLogs(): void {
    this.logs = new LogsReceiver({
      files: this.config['log-file'],
      hostName: this.facts.hostname,
      messagesPerSecond: LOG_MESSAGES_PER_SECOND,
      onRows: (rows) => this.memory.admits('logs', rows.length) && this.writer?.consumers.logs(rows),
    });
    this.followContainers(this.logs, false);
    this.logs.start();
    this.sources.push(this.logs);
  }

  /** Follows what container runtimes keep of the containers there are. Their files are told apart by their ids. */
  private followContainers(logs: LogsReceiver, fromStart: boolean): void {
    const wanted = new Set(this.config['log-file'].map((file) => file.path));
    for (const { cgroups, containerId } of this.processes.all()) {
      const path = this.logFiles.pathOf(identifyCgroup(cgroups)?.id ?? '');
      if (path === undefined) continue;
      wanted.add(path);
      logs.follow({ containerId, path }, fromStart);
    }
    for (const path of logs.followed()) if (!wanted.has(path)) logs.unfollow(path);
  }

  /** One interval: read the kernel, gather every source, hand over. A source that fails costs its own values. */
  private collectOnce(): Promise<void> {
    this.round ??= this.collectNow().finally(() => (this.round = undefined));
    return this.round;
  }

  private async collectNow(): Promise<void> {
    const now = Date.now();
    this.memory.check(process.memoryUsage.rss());
    this.logFiles.refresh();
    this.guard('process table', () => this.processes.scan(now));
    const { logs } = this;
    if (logs) this.guard('logs', () => this.followContainers(logs, true));
    this.nat.refresh();
    const samples = new IntervalSamples(
      {
        machineLabels: { machine_id: this.facts.machineId, system_uuid: this.facts.systemUuid },
        maxSeriesPerContainer: this.config['max-series-per-container'],
      },
      now,
    );
    const { ebpf } = this;
    if (ebpf)
      this.guard('ebpf', () => {
        ebpf.update(now);
        ebpf.collect(samples);
      });
    for (const source of this.sources) this.guard(source.name, () => source.collect(samples, now));
    samples.node(NODE_METRICS.agentInfo, { version: VERSION }, 1);
    this.shedSeries += samples.shed;
    this.latest = samples.samples;
    this.remoteWrite?.push(samples.samples);
    await this.collectProfiles();
    await this.writer?.flush();
  }

  private async collectProfiles(): Promise<void> {
    try {
      await this.profiles?.collect();
    } catch (error) {
      this.logger.log('warn', 'profiles could not be collected', { reason: String(error) });
    }
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
  private collectSelf(sink: MetricSink): void {
    sink.self(SELF_METRICS.up, {}, 1);
    sink.self(SELF_METRICS.buildInfo, { version: VERSION, component: 'collector' }, 1);
    for (const [metric, labels, value] of this.ebpf?.selfSamples() ?? []) sink.self(metric, labels, value);
    if (this.profiles)
      sink.self(SELF_METRICS.ebpfLost, { cause: 'profile_samples' }, this.profiles.totals.samplesLost);
    for (const exporter of [this.remoteWrite?.status(), this.writer?.status()]) {
      if (!exporter) continue;
      sink.self(
        SELF_METRICS.exported,
        { exporter: exporter.name, signal: exporter.name === 'remote-write' ? 'metrics' : 'rows' },
        exporter.sent,
      );
      sink.self(
        SELF_METRICS.exportFailures,
        { exporter: exporter.name, cause: 'request' },
        exporter.failures,
      );
      sink.self(SELF_METRICS.flushSeconds, { exporter: exporter.name }, exporter.lastDuration / 1000);
      if (exporter.name === 'remote-write')
        sink.self(
          SELF_METRICS.dropped,
          { queue: 'remote-write', cause: 'full_or_refused' },
          exporter.dropped,
        );
    }
    for (const [cause, rows] of Object.entries(this.writer?.givenUp ?? {}))
      sink.self(SELF_METRICS.dropped, { queue: 'clickhouse', cause }, rows);
    for (const { queue, length, dropped } of this.writer?.queueStatus() ?? []) {
      sink.self(SELF_METRICS.queueLength, { queue }, length);
      sink.self(SELF_METRICS.dropped, { queue, cause: 'full' }, dropped);
    }
    if (this.logs) sink.self(SELF_METRICS.dropped, { queue: 'logs', cause: 'rate' }, this.logs.dropped);
    sink.self(SELF_METRICS.dropped, { queue: 'metrics', cause: 'series_per_container' }, this.shedSeries);
    for (const [signal, rows] of Object.entries(this.memory.status().shed))
      sink.self(SELF_METRICS.dropped, { queue: signal, cause: 'memory' }, rows);
    const { user, system } = process.cpuUsage();
    sink.self(SELF_METRICS.cpu, {}, (user + system) / 1e6);
    sink.self(SELF_METRICS.memory, {}, process.memoryUsage.rss());
    sink.self(SELF_METRICS.series, {}, this.latest.length);
  }

  status(): Record<string, unknown> {
    const { shedding, shed } = this.memory.status();
    return {
      version: VERSION,
      uptimeSeconds: Math.round((Date.now() - this.startedAt) / 1000),
      machine: this.facts,
      target: this.target,
      intervalSeconds: this.config.interval / 1000,
      programs: [...(this.ebpf?.programs ?? []), ...(this.profiles?.programs ?? [])],
      receivers: {
        ebpf: this.ebpf ? 'running' : 'disabled',
        profiles: this.profiles ? 'running' : 'disabled',
        logs: this.logs
          ? {
              files: [...this.logs.followed()].length,
              problems: this.logs.problems(),
              dropped: this.logs.dropped,
            }
          : 'disabled',
      },
      containers: [...this.processes.all()].map((one) => ({
        id: one.containerId,
        service: one.serviceName,
        processes: one.pids.size,
      })),
      addressTranslation: this.nat.problem === '' ? `${this.nat.size} translations known` : this.nat.problem,
      exporters: [this.remoteWrite?.status(), this.writer?.status()].filter((one) => one !== undefined),
      queues: this.writer?.queueStatus() ?? [],
      series: { exposed: this.latest.length, shed: this.shedSeries },
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
      metrics: () => exposition(this.latest),
      status: () => this.status(),
    });
    return this.server.start();
  }

  /** Collects a last time and writes what waits, within a bounded time. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.gateway?.stop();
    await this.round;
    await this.collectOnce();
    this.logs?.stop();
    await this.ebpf?.stop();
    await this.profiles?.stop();
    const flushed = Promise.all([this.remoteWrite?.flush(), this.writer?.flush(true)]);
    await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, FLUSH_LIMIT).unref())]);
    this.remoteWrite?.close();
    await this.writer?.close();
    await this.server?.stop();
  }
}
