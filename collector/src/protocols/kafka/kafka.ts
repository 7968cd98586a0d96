import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { defineProtocol, okOrFailed } from '../define.ts';
import type { CapturedRequest, RequestDescription } from '../define.ts';
import { describeMessaging } from '../messaging-description.ts';
import type { MessagingOperationType } from '../messaging-description.ts';
import { kafkaError } from './answer.ts';
import { kafkaRequest } from './request.ts';

const OPERATION_TYPES: ReadonlyMap<string, MessagingOperationType> = new Map([
  ['Produce', 'send'],
  ['Fetch', 'receive'],
  ['ShareFetch', 'receive'],
  ['OffsetCommit', 'settle'],
  ['TxnOffsetCommit', 'settle'],
  ['ShareAcknowledge', 'settle'],
  ['CreateTopics', 'create'],
]);

function describe(request: CapturedRequest): RequestDescription {
  const found = kafkaRequest(request.payload);
  const error = found && kafkaError(request.response, found);
  const operation = found?.api.name ?? '';
  return describeMessaging({
    protocol: 'kafka',
    system: 'kafka',
    operation,
    type: OPERATION_TYPES.get(operation),
    destination: found?.topic ?? '',
    failed: request.status !== 0 || error !== undefined,
    errorCode: error?.name ?? '',
    more: {
      [SPAN_ATTRIBUTES.protocolVersion]: found ? String(found.version) : '',
      [SPAN_ATTRIBUTES.messagingClient]: found?.clientId ?? '',
      [SPAN_ATTRIBUTES.messagingConsumerGroup]: found?.group ?? '',
      [SPAN_ATTRIBUTES.blocking]: found?.waits ? 'true' : '',
    },
  });
}

export const kafka = defineProtocol({
  id: 'kafka',
  number: 7,
  name: 'Kafka',
  statusLabel: okOrFailed,
  describe,
});
