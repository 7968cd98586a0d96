import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import { bounded } from './bytes.ts';
import { attributesFrom } from './database-description.ts';
import { DESCRIPTION_LIMIT } from './define.ts';
import type { RequestDescription } from './define.ts';

/** `messaging.operation.type` of the semantic conventions. */
export type MessagingOperationType = 'send' | 'receive' | 'settle' | 'create';

/** One exchange with a broker; '' or undefined where something cannot be told. */
export interface MessagingRequest {
  readonly protocol: Protocol;
  /** `messaging.system` of the semantic conventions. */
  readonly system: string;
  readonly operation: string;
  readonly type?: MessagingOperationType | undefined;
  /** Topic, queue, exchange or subject, folded so that few distinct ones remain. */
  readonly destination?: string;
  readonly failed: boolean;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly more?: Readonly<Record<string, string>>;
}

const SPAN_NAME_LIMIT = 240;

/** Span name and attributes by OpenTelemetry's conventions for messaging: `<operation> <destination>`. */
export function describeMessaging(request: MessagingRequest): RequestDescription {
  const { operation, destination = '', failed, errorCode = '', errorMessage = '' } = request;
  const attributes = attributesFrom({
    [SPAN_ATTRIBUTES.protocol]: request.protocol,
    [SPAN_ATTRIBUTES.messagingSystem]: request.system,
    [SPAN_ATTRIBUTES.messagingOperation]: operation,
    [SPAN_ATTRIBUTES.messagingOperationType]: request.type,
    [SPAN_ATTRIBUTES.messagingDestination]: destination,
    [SPAN_ATTRIBUTES.errorType]: failed ? errorCode || '_OTHER' : '',
    ...request.more,
  });
  const spanName = bounded(`${operation} ${destination}`.trim() || request.system, SPAN_NAME_LIMIT);
  const message = [errorCode, errorMessage].filter(Boolean).join(': ');
  const statusMessage = failed ? bounded(message || 'request failed', DESCRIPTION_LIMIT) : '';
  return { spanName, attributes, failed, statusMessage };
}
