import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

type Exports = Readonly<Record<string, unknown>>;

/** The part of WebAssembly that is used; its types come with those of browsers only. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
}

/** What the library's generated module offers (wasm-bindgen). */
interface Bindings {
  demangle_any(name: string): string;
  __wbg_set_wasm(exports: Exports): void;
}

const PACKAGE = 'gecko-profiler-demangle';
const MAX_NAME = 1024;

let loaded: ((name: string) => string) | undefined;

/**
 * The whole name with arguments, by the demanglers that Firefox's profiler uses (Itanium C++, Rust legacy and v0).
 * Loaded at the first name. What it does not understand, or a machine without WebAssembly, leaves names as they are.
 */
export function demangleWhole(mangled: string): string {
  if (mangled.length > MAX_NAME) return mangled;
  loaded ??= load();
  try {
    const name = loaded(mangled);
    // It takes a leading underscore for that of another platform.
    return mangled.endsWith(name) ? mangled : name;
  } catch {
    // The instance may be left in any state.
    loaded = undefined;
    return mangled;
  }
}

function load(): (name: string) => string {
  try {
    const require = createRequire(import.meta.url);
    // By hand, since importing WebAssembly as a module is still an experiment in Node.
    const bindings = require(`${PACKAGE}/index_bg.js`) as Bindings;
    const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyInterface };
    const compiled = new WebAssembly.Module(readFileSync(require.resolve(`${PACKAGE}/index_bg.wasm`)));
    const instance = new WebAssembly.Instance(compiled, { './index_bg.js': bindings });
    bindings.__wbg_set_wasm(instance.exports);
    (instance.exports['__wbindgen_start'] as () => void)();
    return (name) => bindings.demangle_any(name);
  } catch {
    return (name) => name;
  }
}

/** Arguments of functions and templates say more than a frame has room for: without them, C++ only. */
export function withoutArguments(name: string): string {
  // Of operators some are made of the same brackets.
  if (/\boperator\b/.test(name)) return name;
  let depth = 0;
  let short = '';
  for (let i = 0; i < name.length; i++) {
    const one = name[i]!;
    const opensNamespace = one === '(' && name.startsWith('(anonymous namespace)', i);
    if (opensNamespace && depth === 0) {
      short += '(anonymous namespace)';
      i += '(anonymous namespace)'.length - 1;
    } else if ('<({['.includes(one)) depth++;
    else if ('>)}]'.includes(one) && name[i - 1] !== '-') depth = Math.max(0, depth - 1);
    else if (depth === 0) short += one;
  }
  // The type of what a template returns stands before its name.
  return (
    short
      .replace(/ (const|volatile|&&?|\[clone .*)$/g, '')
      .trim()
      .split(' ')
      .at(-1) ?? name
  );
}
