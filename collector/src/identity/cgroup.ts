import { posix } from 'node:path';

/** What runs in a cgroup, told by its path alone. */
export type ContainerKind =
  | 'docker'
  | 'containerd'
  | 'crio'
  | 'podman'
  | 'sandbox'
  | 'lxc'
  | 'nspawn'
  | 'nomad'
  | 'talos'
  | 'systemd'
  | 'process';

export interface CgroupPaths {
  /** Path in cgroup v2, '' when the process has none there. */
  readonly unified: string;
  /** Path by v1 controller. */
  readonly controllers: Readonly<Record<string, string>>;
}

export interface CgroupIdentity {
  readonly kind: ContainerKind;
  /**
   * Runtime id (64 hex digits) of a container, `<allocation>/<task>` of Nomad, the unit of systemd, the service of
   * Talos, the name in LXC; '' for a process, and for a sandbox whose path does not name it.
   */
  readonly id: string;
  /** Pod uid, when the path is Kubernetes's. */
  readonly podUid: string;
  /** The path that says so. */
  readonly path: string;
}

/**
 * /proc/<pid>/cgroup (cgroups(7)). `base`: the reader's own place where it lives in a cgroup namespace; paths
 * that the kernel then tells relative to it (`/../other`) become whole.
 */
export function parseCgroupFile(text: string, base = ''): CgroupPaths {
  let unified = '';
  const controllers: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, names, ...rest] = line.split(':');
    const path = rest
      .join(':')
      .trim()
      .replace(/ \(deleted\)$/, '');
    if (names === undefined || path === '') continue;
    if (names === '') unified = fromBase(base, path);
    else for (const name of names.split(',')) controllers[name.replace(/^name=/, '')] = fromBase(base, path);
  }
  return { unified, controllers };
}

/** Without a base what is left of a relative path still names most containers. */
const fromBase = (base: string, path: string): string =>
  base === '' && !path.startsWith('/..') ? path : posix.join('/', base, path).replace(/(?<=.)\/$/, '');

const HEX64 = '([0-9a-f]{64})';
const END = '(?:\\.scope)?(?:/|$)';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

interface Rule {
  readonly kind: ContainerKind;
  readonly pattern: RegExp;
}

/** Where several match, the one furthest to the right counts: a container may run containers. */
const CONTAINERS: readonly Rule[] = [
  { kind: 'crio', pattern: new RegExp(`crio-${HEX64}${END}`, 'g') },
  { kind: 'containerd', pattern: new RegExp(`cri-containerd[-:]${HEX64}${END}`, 'g') },
  { kind: 'containerd', pattern: new RegExp(`nerdctl-${HEX64}${END}`, 'g') },
  { kind: 'podman', pattern: new RegExp(`libpod-(?:payload-)?${HEX64}${END}`, 'g') },
  { kind: 'docker', pattern: new RegExp(`docker[-/]${HEX64}${END}`, 'g') },
  { kind: 'docker', pattern: new RegExp(`/ecs/[^/]+/${HEX64}${END}`, 'g') },
  { kind: 'nomad', pattern: new RegExp(`nomad[^/]*/(?:[^/]+/)*?(${UUID})[./]([^/]+?)${END}`, 'g') },
  { kind: 'lxc', pattern: /\/lxc\.payload[./]([^/]+)/g },
  { kind: 'lxc', pattern: /^\/lxc\/([^/]+)/g },
  { kind: 'nspawn', pattern: /\/machine\.slice\/systemd-nspawn@([^/]+)\.service/g },
  // a bare id: what containerd, and Docker below a parent of one's own, write
  { kind: 'containerd', pattern: new RegExp(`/${HEX64}(?:/|$)`, 'g') },
];
/** Processes that look after containers, and the empty process that keeps a pod's namespaces in CRI-O. */
const IGNORED = /crio-conmon-|libpod-conmon-|lxc\.monitor/;
const POD =
  /kubepods.*pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})/;
/** Machine services of Talos, which has no systemd. */
const TALOS = /^\/(?:(init)$|(?:system|podruntime)\/([^/]+))/;
/** The innermost unit below slices and user managers; a scope is a session or a transient group, not a service. */
const UNIT = /^((?:\/[^/]+\.slice|\/user@\d+\.service)*)\/([^/]+\.service)(?:\/|$)/;

const unescapeUnit = (name: string): string => name.replace(/\\x2d/g, '-');

/** Paths worth a look, the most telling first: v2, unless only a v1 controller knows the pod. */
function candidates(paths: CgroupPaths): string[] {
  const { unified, controllers } = paths;
  const v1 = ['memory', 'cpu', 'systemd', 'pids', 'blkio'].map((name) => controllers[name] ?? '');
  const kubernetes = v1.filter((path) => path.includes('kubepods'));
  return [...kubernetes, unified, ...v1].filter((path) => path !== '' && path !== '/');
}

/**
 * Identity from paths alone; undefined for what no container is made of (conmon and the like). A container in any
 * hierarchy counts before a service: a runtime that manages v1 alone leaves its containers in its own service in v2.
 */
export function identifyCgroup(paths: CgroupPaths): CgroupIdentity | undefined {
  const worth = candidates(paths);
  if (worth.some((path) => IGNORED.test(path))) return undefined;
  for (const kind of [containerIn, podIn, serviceIn])
    for (const path of worth) {
      const found = kind(path);
      if (found) return found;
    }
  return { kind: 'process', id: '', podUid: '', path: worth[0] ?? '/' };
}

function containerIn(path: string): CgroupIdentity | undefined {
  let best: { readonly kind: ContainerKind; readonly id: string; readonly end: number } | undefined;
  for (const { kind, pattern } of CONTAINERS)
    for (const match of path.matchAll(pattern)) {
      const end = match.index + match[0].length;
      if (best === undefined || end > best.end) best = { kind, id: match.slice(1).join('/'), end };
    }
  // a machine runs whole systems: whatever runs inside belongs to it
  return best && { kind: best.kind, id: unescapeUnit(best.id), podUid: podUidOf(path), path };
}

const podUidOf = (path: string): string => (POD.exec(path)?.[1] ?? '').replace(/_/g, '-');

/** A process in a pod, but in none of its containers: a sandbox that runs them all itself (gVisor, Kata). */
function podIn(path: string): CgroupIdentity | undefined {
  const podUid = podUidOf(path);
  return podUid === '' ? undefined : { kind: 'sandbox', id: '', podUid, path };
}

function serviceIn(path: string): CgroupIdentity | undefined {
  const talos = TALOS.exec(path);
  if (talos) return { kind: 'talos', id: talos[1] ?? talos[2] ?? '', podUid: '', path };
  const [, slices = '', unit = ''] = UNIT.exec(path) ?? [];
  if (unit === '') return undefined;
  // applications of a user's session run in scopes below the user's manager, which is not what they are
  if (unit.startsWith('user@') && /\/[^/]+\.slice\/[^/]+\.scope/.test(path)) return undefined;
  const id = unescapeUnit(unit);
  return { kind: 'systemd', id, podUid: '', path: unescapeUnit(`${slices}/${unit}`) };
}

/**
 * Paths of the container itself, where a process is in a cgroup of its own inside (CRI-O, Podman, systemd). A
 * hierarchy in which it shares a group with others says nothing about it alone, and is left out: hybrid machines
 * account a service in some hierarchies only.
 */
export function containerPaths({ unified, controllers }: CgroupPaths, identity: CgroupIdentity): CgroupPaths {
  const own = Object.entries(controllers).flatMap(([name, path]): [string, string][] => {
    const cut = upTo(path, identity);
    return cut === undefined ? [] : [[name, cut]];
  });
  return { unified: upTo(unified, identity) ?? '', controllers: Object.fromEntries(own) };
}

/** undefined where the path does not name the container. */
function upTo(path: string, { kind, id }: CgroupIdentity): string | undefined {
  const key = kind === 'nomad' ? (id.split('/')[0] ?? '') : id;
  if (key === '' || kind === 'talos') return path;
  const segments = path.split('/');
  const names = (segment: string): boolean =>
    kind === 'systemd' ? unescapeUnit(segment) === key : unescapeUnit(segment).includes(key);
  const last = segments.findLastIndex((segment) => segment !== '' && names(segment));
  return last < 0 ? undefined : segments.slice(0, last + 1).join('/');
}
