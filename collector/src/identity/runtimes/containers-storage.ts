import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileExists } from '../../file-exists.ts';
import {
  isPauseContainer,
  namesFromLabels,
  optOutsOf,
  volumeName,
  type RuntimeContainer,
} from './container.ts';
import { asList, asObject, asText, asTexts, type ContainerRuntime } from './runtime.ts';
import { RuntimeError } from './unix-http.ts';

const FILE_LIMIT = 16 << 20;
/** Runtimes keep what they gave to the kernel; it never changes. */
const SPEC = 'userdata/config.json';
const ANNOTATION = 'io.kubernetes.cri-o.';

/**
 * What Podman and CRI-O keep on disk of their containers (containers/storage: `containers.json`, and the OCI
 * specification of each). Podman serves no socket unless it is asked to; this needs none.
 */
export class ContainersStorage implements ContainerRuntime {
  readonly name = 'containers-storage';
  /** The file `containers.json`. */
  readonly socket: string;
  readonly #known = new Map<string, RuntimeContainer>();
  #readAt = -1;

  constructor(file: string) {
    this.socket = file;
  }

  async list(): Promise<readonly RuntimeContainer[]> {
    const { mtimeMs, size } = await stat(this.socket);
    if (size > FILE_LIMIT) throw new RuntimeError(`read ${this.socket}: has more than ${FILE_LIMIT} bytes`);
    if (mtimeMs !== this.#readAt) await this.#read();
    this.#readAt = mtimeMs;
    return [...this.#known.values()];
  }

  close(): void {}

  async #read(): Promise<void> {
    const entries = asList(await readJson(this.socket)).map(asObject);
    const ids = new Set(entries.map((entry) => asText(entry['id'])));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    for (const entry of entries) {
      const id = asText(entry['id']);
      if (!this.#known.has(id)) this.#known.set(id, await this.#container(id, entry));
    }
  }

  async #container(id: string, entry: Readonly<Record<string, unknown>>): Promise<RuntimeContainer> {
    const folder = join(dirname(this.socket), id);
    // a container that has just been made has none yet; its environment is left alone
    const spec = asObject(await readJson(join(folder, SPEC)).catch(() => undefined));
    const annotations = asTexts(spec['annotations']);
    const own = parse(asText(entry['metadata']));
    const name = asText(asList(entry['names'])[0]) || asText(own['name']);
    const labels = { ...annotations, ...asTexts(parse(annotations[`${ANNOTATION}Labels`] ?? '')) };
    const log = join(folder, 'userdata/ctr.log');
    return {
      id,
      name,
      image: asText(own['image-name']) || (annotations[`${ANNOTATION}ImageName`] ?? ''),
      labels,
      names: namesFromLabels(labels, name),
      isPause: isPauseContainer(labels, name),
      volumes: Object.fromEntries(
        asList(spec['mounts'])
          .map(volumeOf)
          .filter(([, volume]) => volume !== ''),
      ),
      published: [],
      logPath: annotations[`${ANNOTATION}LogPath`] ?? (fileExists(log) ? log : ''),
      optOuts: optOutsOf(labels),
    };
  }
}

/** A named volume stands in `volumes/<name>/_data` of the store. */
function volumeOf(mount: unknown): readonly [string, string] {
  const { destination, source } = asObject(mount);
  const from = asText(source);
  return [asText(destination), volumeName(from) || (/\/volumes\/([^/]+)\/_data$/.exec(from)?.[1] ?? '')];
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RuntimeError(`read ${path}: it is not JSON`);
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
