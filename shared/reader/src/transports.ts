import type { Series } from '@gumshoe/base/series';
import type { SourcePart } from '@gumshoe/engine/ports';

/** Rows of a read-only ClickHouse query. 64-bit integers come as text. */
export interface SqlRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
}

export interface SqlRequest {
  readonly query: string;
  /** Values of `{name:Type}` placeholders. */
  readonly params?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly maxRows: number;
  readonly timeoutMs: number;
}

/** How SQL reaches ClickHouse: HTTP, or through a gateway. Rejects with FailureError. */
export interface SqlTransport {
  query(request: SqlRequest, signal?: AbortSignal): Promise<SqlRows>;
  /** Never rejects. */
  check(signal?: AbortSignal): Promise<SourcePart>;
  close(): Promise<void>;
}

/** How Prometheus's HTTP API is reached. Rejects with FailureError. */
export interface PrometheusTransport {
  /** `data` of a successful answer to `path` (`/api/v1/query`); its warnings go to `warn`. */
  get(
    path: string,
    params: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    warn?: (text: string) => void,
  ): Promise<unknown>;
  /** Samples of an instant query for a range selector, `from < t <= to` in ms. Optional: without it, `get`. */
  rawSeries?(
    params: Readonly<Record<string, string>>,
    range: { readonly from: number; readonly to: number },
    signal?: AbortSignal,
    warn?: (text: string) => void,
  ): Promise<readonly Series[]>;
  /** Never rejects. */
  check(signal?: AbortSignal): Promise<SourcePart>;
  close(): Promise<void>;
}
