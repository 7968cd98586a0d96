// Fails on an import that the table in layers.ts does not allow.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { DOORS, ROOMS, TYPE_ONLY, type Room } from './layers.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
const PACKAGES: Readonly<Record<string, string>> = {
  'ebpf-loader-native': 'bpf/loader',
  '@gumshoe/collector': 'collector',
  '@gumshoe/cluster-agent': 'cluster-agent',
  '@gumshoe/desktop': 'desktop',
};

export interface Violation {
  readonly file: string;
  readonly specifier: string;
  readonly reason: string;
}

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'out', 'dist', 'testdata', '.git', '.cache'].includes(entry.name)) return [];
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|tsx|mts)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** The room a repository path lies in: the longest one that holds it. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.filter((room) => path === room.path || path.startsWith(`${room.path}/`)).sort(
    (a, b) => b.path.length - a.path.length,
  )[0];
}

function packageOf(specifier: string): string {
  const words = specifier.split('/');
  return specifier.startsWith('@') ? words.slice(0, 2).join('/') : (words[0] ?? '');
}

function targetPath(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return relative(ROOT, resolve(ROOT, dirname(file), specifier));
  const name = packageOf(specifier);
  if (PACKAGES[name]) return PACKAGES[name];
  return name.startsWith('@gumshoe/') ? `shared/${name.slice('@gumshoe/'.length)}` : undefined;
}

/** Why this import is not allowed; undefined when it is. Tests may use Node, and start programs, anywhere. */
export function judge(file: string, specifier: string, typeOnly: boolean): string | undefined {
  const room = roomOf(file);
  const test = /\.test\.tsx?$/.test(file);
  if (specifier.startsWith('node:')) {
    if (test || room === undefined) return undefined;
    return room.runtime === 'pure' || room.runtime === 'dom'
      ? `${room.path} is ${room.runtime}: no Node modules`
      : undefined;
  }
  const name = packageOf(specifier);
  const doors = DOORS[name];
  if (
    doors &&
    !doors.some((door) => file.startsWith(`${door}/`) || file.startsWith(`${door}.`)) &&
    !typeOnly &&
    !test
  )
    return `${name} has one door: ${doors.join(', ')}`;
  const path = targetPath(file, specifier);
  if (path === undefined || room === undefined) return undefined;
  const target = roomOf(path);
  if (target === undefined || target.path === room.path) return viewOfAnother(file, path);
  const onePackage =
    /^(desktop|build)\b/.exec(room.path)?.[0] === /^(desktop|build)\b/.exec(target.path)?.[0];
  if (specifier.startsWith('.') && !(onePackage && /^(desktop|build)\b/.test(room.path)))
    return `import ${target.path} by its package name`;
  if (room.may.includes(target.path)) return typesOnly(room, target, typeOnly || test);
  if (test && ['shared/base', 'shared/promql', 'shared/schema', 'shared/text'].includes(target.path))
    return undefined;
  if (typeOnly && TYPE_ONLY.some((rule) => rule.from === room.path && rule.to === target.path))
    return undefined;
  return `${room.path} (${room.why}) may import only ${room.may.join(', ') || 'nothing'}`;
}

function typesOnly(room: Room, target: Room, typeOnly: boolean): string | undefined {
  const rule = TYPE_ONLY.some((one) => one.from === room.path && one.to === target.path);
  return rule && !typeOnly ? `${room.path} may import ${target.path} for types only` : undefined;
}

const VIEW = /^desktop\/src\/renderer\/views\/([^/]+)\//;

function viewOfAnother(file: string, path: string): string | undefined {
  const own = VIEW.exec(file)?.[1];
  const other = VIEW.exec(path)?.[1];
  return own && other && own !== other ? 'a view never imports another view' : undefined;
}

export function checkImports(root: string): Violation[] {
  const found: Violation[] = [];
  const dirs = ['shared', 'bpf', 'collector', 'cluster-agent', 'desktop/src', 'build']
    .map((dir) => join(root, dir))
    .filter((dir) => existsSync(dir));
  for (const path of dirs.flatMap(sources)) {
    const file = relative(root, path);
    for (const match of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const specifier = match[2] ?? match[3] ?? '';
      const reason = judge(file, specifier, match[1] !== undefined);
      if (reason) found.push({ file, specifier, reason });
    }
  }
  return found;
}

if (import.meta.main) {
  const violations = checkImports(ROOT);
  for (const one of violations)
    process.stderr.write(`${one.file}: imports ${one.specifier}: ${one.reason}\n`);
  process.stderr.write(
    violations.length === 0
      ? 'imports: every arrow points down\n'
      : `imports: ${violations.length} against the table in build/check/layers.ts\n`,
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
}
