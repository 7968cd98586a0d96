/** What runs in a cgroup, told by its path alone. */
export type ContainerKind = 'docker' | 'containerd' | 'crio' | 'podman' | 'lxc' | 'systemd' | 'process';

export interface CgroupPaths {
  /** Path in cgroup v2, '' when the process has none there. */
  readonly unified: string;
  /** Path by v1 controller. */
  readonly controllers: Readonly<Record<string, string>>;
}

export interface CgroupIdentity {
  readonly kind: ContainerKind;
  /** Runtime id (64 hex digits) of a container; the unit of systemd; '' else. */
  readonly id: string;
  /** Pod uid, when the path is Kubernetes's. */
  readonly podUid: string;
  /** The path that says so. */
  readonly path: string;
}

/** /proc/<pid>/cgroup (cgroups(7)). */
export function parseCgroupFile(text: string): CgroupPaths {
  let unified = '';
  const controllers: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, names, ...rest] = line.split(':');
    const path = rest.join(':').trim();
    if (names === undefined || path === '') continue;
    if (names === '') unified = path;
    else for (const name of names.split(',')) controllers[name.replace(/^name=/, '')] = path;
  }
  return { unified, controllers };
}

const HEX64 = '([0-9a-f]{64})';
const RULES: readonly { readonly kind: ContainerKind; readonly pattern: RegExp }[] = [
  { kind: 'crio', pattern: new RegExp(`crio-${HEX64}(?:\\.scope)?(?:/|$)`) },
  { kind: 'containerd', pattern: new RegExp(`cri-containerd[-:]${HEX64}(?:\\.scope)?(?:/|$)`) },
  { kind: 'podman', pattern: new RegExp(`libpod-(?:payload-)?${HEX64}(?:\\.scope)?(?:/|$)`) },
  { kind: 'docker', pattern: new RegExp(`docker[-/]${HEX64}(?:\\.scope)?(?:/|$)`) },
  { kind: 'containerd', pattern: new RegExp(`kubepods.*/${HEX64}(?:/|$)`) },
  { kind: 'containerd', pattern: new RegExp(`:cri-containerd:${HEX64}(?:/|$)`) },
  { kind: 'lxc', pattern: /^\/(?:lxc\.payload\.|lxc\/)([^/]+)/ },
];
const IGNORED = /crio-conmon-|libpod-conmon-|\/podruntime\//;
const POD_UID = /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})/;
/** The innermost unit below a slice; a scope is a session or a transient group, not a service. */
const UNIT = /^(.*\.slice)\/([^/]+\.service)(?:\/|$)/;

const unescapeUnit = (name: string): string => name.replace(/\\x2d/g, '-');

/** Paths worth a look, the most telling first: v2, unless only a v1 controller knows the pod. */
function candidates(paths: CgroupPaths): string[] {
  const { unified, controllers } = paths;
  const v1 = ['memory', 'cpu', 'systemd'].map((name) => controllers[name] ?? '');
  const kubernetes = v1.filter((path) => path.includes('kubepods'));
  return [...kubernetes, unified, ...v1].filter((path) => path !== '' && path !== '/');
}

/** Identity from paths alone; undefined for what no container is made of (conmon and the like). */
export function identifyCgroup(paths: CgroupPaths): CgroupIdentity | undefined {
  for (const path of candidates(paths)) {
    if (IGNORED.test(path)) return undefined;
    for (const { kind, pattern } of RULES) {
      const match = pattern.exec(path);
      if (match)
        return { kind, id: match[1] ?? '', podUid: (POD_UID.exec(path)?.[1] ?? '').replace(/_/g, '-'), path };
    }
    const unit = UNIT.exec(path);
    if (unit)
      return {
        kind: 'systemd',
        id: unescapeUnit(unit[2] ?? ''),
        podUid: '',
        path: unescapeUnit(`${unit[1]}/${unit[2]}`),
      };
  }
  return { kind: 'process', id: '', podUid: '', path: candidates(paths)[0] ?? '/' };
}
