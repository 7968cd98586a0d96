import { exception } from './exception.ts';
import { sqlTokens } from './sql-tokens.ts';
import type { SqlToken } from './sql-tokens.ts';

/** What the store must know of a statement before it runs it. */
export interface Statement {
  /** First keyword in upper case: SELECT, INSERT, … */
  readonly verb: string;
  /** Format that a trailing FORMAT clause names. */
  readonly format?: string;
  /** For INSERT … FORMAT: index after the format's name, where data begins. */
  readonly dataStart?: number;
  /** INSERT … VALUES or INSERT … SELECT: data is part of the text. */
  readonly inline: boolean;
}

const READING = new Set([
  'SELECT',
  'WITH',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXISTS',
  'EXPLAIN',
  '(',
  'FROM',
  'CHECK',
]);
const WRITING = new Set([
  ...['INSERT', 'CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'OPTIMIZE', 'RENAME', 'EXCHANGE', 'DELETE', 'UPDATE'],
  ...['USE', 'SET', 'UNDROP'],
]);

/** ClickHouse's other statements. */
const REFUSED = new Set([
  ...[
    'SYSTEM',
    'ATTACH',
    'DETACH',
    'BACKUP',
    'RESTORE',
    'GRANT',
    'REVOKE',
    'KILL',
    'MOVE',
    'EXECUTE',
    'BEGIN',
  ],
  ...['COMMIT', 'ROLLBACK', 'WATCH', 'PARALLEL'],
]);

/**
 * Functions, table functions and engines that reach outside of the store. A ClickHouse server confines them by
 * grants and user_files_path; chDB runs with the rights of this process, so they are refused by name.
 */
const OUTSIDE = new RegExp(
  `^(?:${[
    'file|fileCluster|filesystem|url|urlCluster|s3|s3Cluster|gcs|cosn|oss|hdfs|hdfsCluster|azureBlobStorage\\w*',
    'iceberg\\w*|deltaLake\\w*|hudi\\w*|paimon\\w*|remote|remoteSecure|mysql|postgresql|mongodb|redis|sqlite',
    'odbc|jdbc|executable|executablePool|python|arrowFlight|ytsaurus|kafka\\w*|rabbitmq|nats|s3Queue',
    'azureQueue|objectStorage\\w*|disk|backup|source|dictionary\\w*|dictGet\\w*|catboostEvaluate|materialized\\w+',
  ].join('|')})$`,
  'i',
);
/** Anything but the engines that keep their data in the store. */
const NOT_ENGINE =
  /^(?!(?:\w*MergeTree|Memory|Null|Log|TinyLog|StripeLog|Set|Join|Buffer|Merge|Atomic|GenerateRandom)$)/;

/** Reads and checks a statement. Throws ClickHouseException for what the store does not run. */
export function readStatement(text: string): Statement {
  const tokens = sqlTokens(text);
  const first = tokens.next();
  if (first.done === true) throw exception('SYNTAX_ERROR', 'Empty query');
  const verb = first.value.text.toUpperCase();
  if (!READING.has(verb) && !WRITING.has(verb)) {
    if (REFUSED.has(verb)) {
      throw exception('NOT_IMPLEMENTED', `The embedded store does not run ${verb} statements`);
    }
    throw exception('SYNTAX_ERROR', `Syntax error: failed at position 1: ${first.value.text}`);
  }
  return verb === 'INSERT' ? readInsert(tokens, verb) : readOther(tokens, verb);
}

function readInsert(tokens: Iterable<SqlToken>, verb: string): Statement {
  const guard = new Guard(verb);
  let previous = '';
  let depth = 0;
  for (const token of tokens) {
    const word = token.text.toUpperCase();
    if (token.kind === 'symbol') depth += depthChange(token.text);
    if (token.kind === 'word' && previous === 'FORMAT' && depth === 0) {
      if (word === 'VALUES') return { verb, inline: true };
      return { verb, format: token.text, dataStart: token.end, inline: false };
    }
    if (token.kind === 'word' && depth === 0 && word === 'VALUES') return { verb, inline: true };
    if (token.kind === 'word' && depth === 0 && word === 'INFILE') throw outside('FROM INFILE');
    guard.see(token);
    previous = token.kind === 'word' ? word : '';
  }
  return { verb, inline: true };
}

function readOther(tokens: Iterable<SqlToken>, verb: string): Statement {
  const guard = new Guard(verb);
  let previous = '';
  let format: string | undefined;
  let depth = 0;
  let ended = false;
  for (const token of tokens) {
    if (ended) throw exception('SYNTAX_ERROR', 'Multi-statements are not allowed');
    const word = token.kind === 'word' ? token.text.toUpperCase() : '';
    if (token.kind === 'symbol') depth += depthChange(token.text);
    if (token.text === ';' && token.kind === 'symbol') ended = true;
    if (word === 'OUTFILE' && previous === 'INTO') throw outside('INTO OUTFILE');
    if (word !== '' && previous === 'FORMAT' && depth === 0) format = token.text;
    guard.see(token);
    if (word === 'DICTIONARY' && (verb === 'CREATE' || verb === 'ALTER')) throw outside('DICTIONARY');
    previous = word;
  }
  return { verb, inline: true, ...(format === undefined ? {} : { format }) };
}

const depthChange = (symbol: string): number => (symbol === '(' ? 1 : symbol === ')' ? -1 : 0);

const outside = (what: string): Error =>
  exception('ACCESS_DENIED', `${what} reaches outside of the embedded store and is not allowed`);

/** Watches a token stream for calls and engines that reach outside. */
class Guard {
  private previous: string | undefined;
  private assignsEngine = false;
  private readonly checksEngine: boolean;

  constructor(verb: string) {
    this.checksEngine = verb === 'CREATE' || verb === 'ALTER';
  }

  see(token: SqlToken): void {
    const named = token.kind === 'word' || token.kind === 'quoted';
    if (token.kind === 'symbol' && token.text === '(') this.refuse(this.previous, OUTSIDE);
    // The equals sign after ENGINE is optional.
    if (named && this.previous?.toUpperCase() === 'ENGINE') this.refuse(token.text, OUTSIDE);
    if (named && this.assignsEngine) this.refuse(token.text, NOT_ENGINE);
    this.assignsEngine = this.checksEngine && token.text === '=' && this.previous?.toUpperCase() === 'ENGINE';
    this.previous = named ? token.text : undefined;
  }

  private refuse(name: string | undefined, names: RegExp): void {
    if (name !== undefined && names.test(name)) throw outside(name);
  }
}

/** Whether a statement only reads; used to say early what a read-only request may not do. */
export const isReading = (statement: Statement): boolean => READING.has(statement.verb);
