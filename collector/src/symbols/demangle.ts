import { demangleWhole, withoutArguments } from './demangle-library.ts';

/** Rust's legacy names write `<`, `>` and others as `$LT$`. */
const RUST_ESCAPED = /^_ZN.*\$\w+\$.*17h[0-9a-f]{16}E/;

/**
 * The name that a programmer gave: of C++ without arguments (`v8::internal::Heap::Collect`), of Rust as it is
 * written (`<alloc::vec::Vec<u8>>::push`). What nothing understands stays as it is.
 */
export function demangle(mangled: string): string {
  if (mangled.startsWith('_R') || RUST_ESCAPED.test(mangled)) return demangleWhole(mangled);
  if (!mangled.startsWith('_Z')) return mangled;
  const quick = qualifiedName(mangled);
  if (quick !== mangled && !quick.endsWith('…')) return quick;
  const whole = demangleWhole(mangled);
  return whole === mangled ? quick : withoutArguments(whole) || quick;
}

/**
 * Most names, at a fraction of the cost: the qualified name inside an Itanium-mangled C++ name or a Rust legacy
 * name. Arguments and template parameters are left out; what is not understood stays as it is.
 */
function qualifiedName(mangled: string): string {
  // Adjusts `this` before the function proper.
  const name = mangled.replace(/^_ZThn?\d+_/, '_Z');
  // Something inside a function: named by the function.
  const isLocal = name.startsWith('_ZZ');
  const start = isLocal ? 3 : 2;
  const nested = /^N[KVrO]*/.exec(name.slice(start, start + 8));
  const parts = nested ? nestedName(name, start + nested[0].length) : plainName(name, start);
  if (!parts || parts.length === 0) return mangled;
  // Rust ends with a hash that changes with each build.
  if (parts.length > 1 && /^h[0-9a-f]{16}$/.test(parts.at(-1) ?? '')) parts.pop();
  if (isLocal) parts.push(name.includes('EUl') || name.includes('NUl') ? '(lambda)' : '(local)');
  return parts.join('::');
}

function plainName(text: string, start: number): string[] | undefined {
  const source = sourceName(text, start);
  return source && [source.name];
}

interface SourceName {
  readonly name: string;
  readonly end: number;
}

/** `<length><identifier>` */
function sourceName(text: string, at: number): SourceName | undefined {
  const digits = /^\d+/.exec(text.slice(at, at + 5))?.[0];
  if (!digits) return undefined;
  const start = at + digits.length;
  const end = start + Number(digits);
  if (end > text.length) return undefined;
  const name = text.slice(start, end);
  return { name: name.startsWith('_GLOBAL__N') ? '(anonymous namespace)' : name, end };
}

function nestedName(text: string, start: number): string[] | undefined {
  const parts: string[] = [];
  let at = start;
  while (at < text.length && text[at] !== 'E') {
    const source = sourceName(text, at);
    if (source) {
      parts.push(source.name);
      at = source.end;
      continue;
    }
    const step = special(text, at, parts);
    // Template arguments that are not understood hide what follows: named up to there.
    if (step === undefined) return parts.length > 0 && text[at] === 'I' ? [...parts, '…'] : undefined;
    at = step;
  }
  return parts;
}

/** Constructors, destructors, `std`, template arguments. Returns where to go on. */
function special(text: string, at: number, parts: string[]): number | undefined {
  const code = text.slice(at, at + 2);
  const last = parts.at(-1) ?? '';
  if (/^C[1-3]$/.test(code)) return parts.push(last) && at + 2;
  if (/^D[0-2]$/.test(code)) return parts.push(`~${last}`) && at + 2;
  if (code === 'St') return parts.push('std') && at + 2;
  // Internal linkage.
  if (text[at] === 'L') return at + 1;
  return text[at] === 'I' ? endOfTemplate(text, at) : undefined;
}

/** After the `E` that closes the arguments opened at `at`; undefined when they hold what could be misread. */
function endOfTemplate(text: string, at: number): number | undefined {
  let depth = 0;
  for (let i = at; i < text.length;) {
    const literal = /^L(?:[a-z]|N(?:S[0-9A-Z]*_)?[0-9a-zA-Z_]*?E)n?\d+E/.exec(text.slice(i, i + 200));
    if (literal) {
      i += literal[0].length;
      continue;
    }
    const source = sourceName(text, i);
    if (source) {
      i = source.end;
      continue;
    }
    // Expressions and addresses of functions.
    if (text[i] === 'X' || text[i] === 'L') return undefined;
    // Function types and packs nest as well.
    if ('INFJ'.includes(text[i]!)) depth++;
    else if (text[i] === 'E' && --depth === 0) return i + 1;
    else if (text[i] === 'S' && /^S[0-9A-Z]*_/.test(text.slice(i, i + 6))) {
      i = text.indexOf('_', i) + 1;
      continue;
    } else if (text[i] === 'S') i++;
    i++;
  }
  return undefined;
}
