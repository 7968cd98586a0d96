import type { ByteReader } from '../byte-reader.ts';

/** Fields whose encoding depends on whether the version is flexible. Source: Kafka protocol guide, primitive types. */
export interface KafkaFields {
  readonly reader: ByteReader;
  readonly flexible: boolean;
}

/** Length of a text or array; -1 for null. */
function lengthOf({ reader, flexible }: KafkaFields, size: 2 | 4): number {
  return flexible ? reader.varint() - 1 : reader.signed(size);
}

/** A text, '' for null. */
export function kafkaText(fields: KafkaFields): string {
  const length = lengthOf(fields, 2);
  return length > 0 ? fields.reader.text(length) : '';
}

/** Number of elements that follow, 0 for null. */
export const kafkaCount = (fields: KafkaFields): number => Math.max(0, lengthOf(fields, 4));

/** A uuid as Kafka writes it: base64 of 16 bytes; '' for zero or when cut. */
export function kafkaUuid({ reader }: KafkaFields): string {
  const from = reader.at;
  reader.skip(16);
  const bytes = Buffer.from(reader.bytes.subarray(from, reader.at));
  return reader.cut || bytes.every((byte) => byte === 0) ? '' : bytes.toString('base64url');
}

const TAG_LIMIT = 16;

export function skipTags({ reader, flexible }: KafkaFields): void {
  if (!flexible) return;
  for (let left = Math.min(reader.varint(), TAG_LIMIT); left > 0; left--) {
    reader.varint();
    reader.skip(reader.varint());
  }
}
