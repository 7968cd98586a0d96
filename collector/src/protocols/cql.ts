import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';

/** CQL writes uuids without quotes; a cut one is at the end of the text. */
const UUID = /\b[0-9a-fA-F]{8}-[0-9a-fA-F-]*/g;
const NAMED_MARKER = /(^|[^:\w]):[A-Za-z_]\w*/g;

/** CQL without literals; named markers (`:id`) become `?` as well. */
export const obfuscateCql = (cql: string): string =>
  obfuscateSql(cql.replace(UUID, '0').replace(NAMED_MARKER, '$1?'));
