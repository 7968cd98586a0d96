/** What a room may import. Deny by default; every entry says why it exists. */
export interface Room {
  readonly path: string;
  /** `pure`: no Node module, no DOM, no clock. */
  readonly runtime: 'pure' | 'node' | 'electron' | 'preload' | 'dom';
  readonly may: readonly string[];
  readonly why: string;
}

export const ROOMS: readonly Room[] = [
  { path: 'shared/base', runtime: 'pure', may: [], why: 'ground floor: no domain word' },
  { path: 'shared/text', runtime: 'pure', may: ['shared/base'], why: 'log and SQL text, used at both ends' },
  { path: 'shared/schema', runtime: 'pure', may: ['shared/base'], why: 'what is written is what is read' },
  {
    path: 'shared/promql',
    runtime: 'pure',
    may: ['shared/base', 'shared/schema'],
    why: 'evaluator over any series',
  },
  {
    path: 'shared/model',
    runtime: 'pure',
    may: ['shared/base', 'shared/text', 'shared/schema'],
    why: 'columns to world',
  },
  {
    path: 'shared/analysis',
    runtime: 'pure',
    may: ['shared/base', 'shared/text', 'shared/schema', 'shared/promql', 'shared/model'],
    why: 'world to findings',
  },
  {
    path: 'shared/engine',
    runtime: 'pure',
    may: ['shared/base', 'shared/text', 'shared/schema', 'shared/promql', 'shared/model', 'shared/analysis'],
    why: 'question to answer; ports for everything that does I/O',
  },
  {
    path: 'shared/reader',
    runtime: 'node',
    may: ['shared/base', 'shared/text', 'shared/schema', 'shared/promql', 'shared/engine', 'shared/model'],
    why: 'I/O to read; implements the engine ports (model for the list of metrics it reads, and to count imported spans and log records; text to redact what leaves in a snapshot)',
  },
  {
    path: 'shared/cli',
    runtime: 'node',
    may: [
      'shared/base',
      'shared/text',
      'shared/schema',
      'shared/promql',
      'shared/model',
      'shared/analysis',
      'shared/engine',
      'shared/reader',
    ],
    why: 'headless host of the engine',
  },
  { path: 'bpf/loader', runtime: 'node', may: [], why: 'nothing domain-specific' },
  {
    path: 'collector',
    runtime: 'node',
    may: ['shared/base', 'shared/text', 'shared/schema', 'shared/promql', 'bpf/loader'],
    why: 'the collecting half never sees the investigating half',
  },
  {
    path: 'cluster-agent',
    runtime: 'node',
    may: [
      'shared/base',
      'shared/text',
      'shared/schema',
      'shared/promql',
      'shared/model',
      'shared/analysis',
      'shared/engine',
      'shared/reader',
    ],
    why: 'probes, and the same analysis on a timer',
  },
  {
    path: 'desktop/src/contract',
    runtime: 'pure',
    may: ['shared/base', 'shared/engine', 'shared/model', 'shared/schema'],
    why: 'calls between renderer and engine',
  },
  {
    path: 'desktop/src/main',
    runtime: 'electron',
    may: ['desktop/src/contract', 'shared/base'],
    why: 'shell only',
  },
  {
    path: 'desktop/src/preload',
    runtime: 'preload',
    may: ['desktop/src/contract', 'shared/base'],
    why: 'one typed port',
  },
  {
    path: 'desktop/src/engine',
    runtime: 'node',
    may: [
      'desktop/src/contract',
      'shared/base',
      'shared/text',
      'shared/schema',
      'shared/promql',
      'shared/model',
      'shared/analysis',
      'shared/engine',
      'shared/reader',
    ],
    why: 'desktop host of the engine, a process of its own',
  },
  {
    path: 'desktop/src/renderer',
    runtime: 'dom',
    may: [
      'desktop/src/contract',
      'shared/base',
      'shared/text',
      'shared/model',
      'shared/engine',
      'shared/schema',
    ],
    why: 'answers to pixels; engine and schema for types only',
  },
  {
    path: 'desktop/src/harness',
    runtime: 'node',
    may: [
      'desktop/src/contract',
      'desktop/src/engine',
      'desktop/src/renderer',
      'shared/base',
      'shared/engine',
      'shared/model',
    ],
    why: 'the same renderer and engine in a plain browser, for tests',
  },
  {
    path: 'build/bench',
    runtime: 'node',
    may: [
      'build',
      'shared/base',
      'shared/schema',
      'shared/promql',
      'shared/model',
      'shared/analysis',
      'shared/engine',
      'shared/reader',
    ],
    why: 'measures the pure rooms and the readers directly',
  },
  {
    path: 'build',
    runtime: 'node',
    may: ['shared/base'],
    why: 'tasks start programs; they do not import them',
  },
];

/** Rooms whose import is allowed for types only (`import type`). */
export const TYPE_ONLY: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'desktop/src/renderer', to: 'shared/engine' },
  { from: 'desktop/src/contract', to: 'shared/engine' },
  { from: 'desktop/src/main', to: 'shared/engine' },
];

/** One door per vendor: the only folders that may import it. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  '@clickhouse/client': [
    'shared/reader/src/clickhouse',
    'collector/src/exporters/clickhouse',
    'collector/src/gateway',
  ],
  '@grpc/grpc-js': [
    'shared/reader/src/grpc',
    'collector/src/gateway',
    'collector/src/identity/runtimes',
    'collector/src/receivers/otlp',
    'collector/src/exporters/otlp',
  ],
  '@grpc/proto-loader': ['shared/reader/src/grpc', 'collector/src/gateway'],
  // a snapshot is one sealed file, the metric cache a database with a write-ahead log: two uses, one encoding of columns
  'better-sqlite3': ['shared/reader/src/snapshot', 'shared/reader/src/cache'],
  ssh2: ['shared/reader/src/ssh'],
  'ebpf-loader-native': ['collector/src/receivers', 'bpf/test'],
  chdb: ['collector/src/embedded'],
  echarts: ['desktop/src/renderer/charts'],
  'monaco-editor': ['desktop/src/renderer/editor'],
  elkjs: ['desktop/src/renderer/canvas', 'desktop/src/renderer/layout'],
  pg: ['cluster-agent/src/probes/postgres'],
  redis: ['cluster-agent/src/probes/redis'],
  // Pure: text in, tree out. Each half reads its own configuration file.
  yaml: ['shared/analysis/src/configuration', 'cluster-agent/src/config', 'collector/src/config'],
  electron: ['desktop/src/main', 'desktop/src/preload'],
};
