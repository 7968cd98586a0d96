import {
  isPauseContainer,
  namesFromLabels,
  optOutsOf,
  volumeName,
  type PublishedPort,
  type RuntimeContainer,
} from './container.ts';
import { asList, asNumber, asObject, asText, asTexts, type ContainerRuntime } from './runtime.ts';
import { followLines, getJson } from './unix-http.ts';

const LIST = '/containers/json';
const EVENTS = `/events?filters=${encodeURIComponent('{"type":["container"],"event":["start","die","rename"]}')}`;
/** Inspections at a time. */
const AT_ONCE = 4;

/** Docker's Engine API over its socket; Podman serves the same. Unversioned paths: the daemon's own version answers. */
export class DockerRuntime implements ContainerRuntime {
  readonly name: string;
  readonly socket: string;
  /** Log files by container: they are not in the list, and never change. */
  readonly #logPaths = new Map<string, string>();

  constructor(socket: string, name: 'docker' | 'podman' = 'docker') {
    this.socket = socket;
    this.name = name;
  }

  async list(): Promise<readonly RuntimeContainer[]> {
    const entries = asList(await getJson(this.socket, LIST)).map(asObject);
    const ids = new Set(entries.map((entry) => asText(entry['Id'])));
    for (const id of this.#logPaths.keys()) if (!ids.has(id)) this.#logPaths.delete(id);
    const unknown = [...ids].filter((id) => !this.#logPaths.has(id));
    for (let at = 0; at < unknown.length; at += AT_ONCE)
      await Promise.all(unknown.slice(at, at + AT_ONCE).map((id) => this.#inspect(id)));
    return entries.map((entry) => containerOf(entry, this.#logPaths.get(asText(entry['Id'])) ?? ''));
  }

  watch(onChange: () => void, onEnd: () => void): () => void {
    return followLines(this.socket, EVENTS, onChange, onEnd);
  }

  close(): void {}

  /** Only the file's place is taken: what is inspected holds the environment as well, which is none of our business. */
  async #inspect(id: string): Promise<void> {
    const found = asObject(await getJson(this.socket, `/containers/${id}/json`));
    const { Type: driver, Path: path } = asObject(asObject(found['HostConfig'])['LogConfig']);
    const isFile = driver === 'json-file' || driver === 'k8s-file';
    this.#logPaths.set(id, isFile ? asText(found['LogPath']) || asText(path) : '');
  }
}

function containerOf(entry: Readonly<Record<string, unknown>>, logPath: string): RuntimeContainer {
  const labels = asTexts(entry['Labels']);
  const name = asText(asList(entry['Names'])[0]).replace(/^\//, '');
  return {
    id: asText(entry['Id']),
    name,
    image: asText(entry['Image']),
    labels,
    names: namesFromLabels(labels, name),
    isPause: isPauseContainer(labels, name) || entry['IsInfra'] === true,
    volumes: Object.fromEntries(asList(entry['Mounts']).map(volumeOf)),
    published: asList(entry['Ports'])
      .map(portOf)
      .filter((port) => port.hostPort > 0),
    logPath,
    optOuts: optOutsOf(labels),
  };
}

function volumeOf(mount: unknown): readonly [string, string] {
  // Podman lists destinations only
  if (typeof mount === 'string') return [mount, ''];
  const { Destination: destination, Name: name, Source: source } = asObject(mount);
  return [asText(destination), volumeName(asText(source)) || asText(name)];
}

function portOf(port: unknown): PublishedPort {
  const { IP: ip, PublicPort: outside, PrivatePort: inside, Type: protocol } = asObject(port);
  return {
    hostIp: asText(ip) || '0.0.0.0',
    hostPort: asNumber(outside),
    containerPort: asNumber(inside),
    protocol: asText(protocol) || 'tcp',
  };
}
