import type { Labels } from '@gumshoe/base/series';
import type { Milliseconds } from '@gumshoe/base/time';
import type { InstanceId } from './entities.ts';
import type { Column } from './world.ts';

/** One series of a probe: rate of a counter, value of a gauge. */
export interface LabelledColumn {
  /** Without name and address. */
  readonly labels: Labels;
  readonly values: Column;
}

/** What the probe says about one database server. */
export interface DatabaseTarget {
  readonly address: string;
  /** Where samples of several clusters are merged. */
  readonly cluster?: string;
  /** Who listens there; undefined for servers that nobody observes. */
  readonly instance?: InstanceId;
  readonly up: Column;
  readonly error?: string;
  /** Everything that is measured of it, by metric. Positions in a log are values, not rates. */
  readonly signals: ReadonlyMap<string, readonly LabelledColumn[]>;
  readonly lastSeen: Milliseconds;
}

export interface MongodbTarget extends DatabaseTarget {
  readonly replicaSet?: string;
  /** primary, secondary or arbiter, by its last sample */
  readonly role?: string;
  /** Seconds between the last operation its primary and it itself have applied. */
  readonly lag?: Column;
}

/** A replica of PostgreSQL against its primary. */
export interface PostgresReplication {
  /** Address of the primary. */
  readonly primary: string;
  /** Seconds since the primary wrote what the replica last replayed; 0 when it has replayed everything. */
  readonly lag: Column;
  /** bytes written by the primary and not received yet */
  readonly unreceived: Column;
  /** bytes received and not replayed yet */
  readonly unreplayed: Column;
}

/** What an operator says about the backups of a PostgreSQL cluster. Times are unix seconds. */
export interface PostgresBackups {
  readonly namespace: string;
  readonly cluster: string;
  readonly operator: string;
  readonly methods: readonly BackupMethod[];
  readonly lastFailed?: number;
  readonly nextScheduled?: number;
  /** Conditions of the cluster by type: ReadyForBackup, ContinuousArchiving … */
  readonly conditions: ReadonlyMap<string, { readonly status: string; readonly reason: string }>;
  /** Newest first. */
  readonly runs: readonly BackupRun[];
}

export interface BackupMethod {
  readonly method: string;
  readonly lastSuccessful?: number;
  readonly firstRecoverable?: number;
}

export interface BackupRun {
  readonly name: string;
  readonly status: string;
  readonly completed?: number;
}
