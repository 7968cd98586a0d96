import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import { bounded } from './bytes.ts';
import { DESCRIPTION_LIMIT } from './define.ts';
import type { RequestDescription } from './define.ts';

/** The part of a database request that people ask for; '' or undefined where it cannot be told. */
export interface DatabaseRequest {
  readonly protocol: Protocol;
  /** `db.system.name` of the semantic conventions. */
  readonly system: string;
  readonly operation?: string;
  readonly collection?: string;
  readonly namespace?: string;
  /** Without literals. */
  readonly query?: string;
  readonly failed: boolean;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** More attributes; '' leaves one out. */
  readonly more?: Readonly<Record<string, string>>;
}

const NAME_LIMIT = 120;

/** Control characters and replacement characters never belong to a name: such a name is garbage or a value. */
// eslint-disable-next-line no-control-regex
const NO_NAME = /[\u0000-\u001f\u007f\ufffd]/;

/** `text` when it can be the name of a thing, else ''. */
export const nameOrNone = (text: string): string =>
  NO_NAME.test(text) ? '' : bounded(text.trim(), NAME_LIMIT);

/** Sets those attributes that have a text, each within DESCRIPTION_LIMIT. */
export function attributesFrom(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const key in texts) {
    const text = texts[key];
    if (text) attributes[key] = bounded(text, DESCRIPTION_LIMIT);
  }
  return attributes;
}

/** Span name and attributes by OpenTelemetry's conventions for databases: `<operation> <collection>`. */
export function describeDatabase(request: DatabaseRequest): RequestDescription {
  const { operation = '', collection = '', failed, errorCode = '', errorMessage = '' } = request;
  const attributes = attributesFrom({
    [SPAN_ATTRIBUTES.protocol]: request.protocol,
    [SPAN_ATTRIBUTES.dbSystem]: request.system,
    [SPAN_ATTRIBUTES.dbNamespace]: request.namespace,
    [SPAN_ATTRIBUTES.dbOperation]: operation,
    [SPAN_ATTRIBUTES.dbCollection]: collection,
    [SPAN_ATTRIBUTES.dbQuery]: request.query,
    [SPAN_ATTRIBUTES.dbStatus]: failed ? errorCode : '',
    ...request.more,
  });
  const spanName = bounded(`${operation} ${collection}`.trim() || request.system, 2 * NAME_LIMIT);
  const message = failed ? [errorCode, errorMessage].filter(Boolean).join(': ') || 'request failed' : '';
  const statusMessage = bounded(message, DESCRIPTION_LIMIT);
  return { spanName, attributes, failed, statusMessage };
}
