import { isPauseContainer, namesFromLabels, optOutsOf, type RuntimeContainer } from './container.ts';
import { asObject, asText, asTexts, type ContainerRuntime } from './runtime.ts';
import { getJson } from './unix-http.ts';

/** CRI-O's inspection interface: one container at a time, by its id. */
export class CrioRuntime implements ContainerRuntime {
  readonly name = 'crio';
  readonly socket: string;

  constructor(socket: string) {
    this.socket = socket;
  }

  async inspect(id: string): Promise<RuntimeContainer | undefined> {
    const answer = await getJson(this.socket, `/containers/${id}`);
    if (answer === undefined) return undefined;
    const found = asObject(answer);
    const annotations = asTexts(found['annotations']);
    const labels = { ...annotations, ...asTexts(found['labels']) };
    const name = asText(found['name']);
    return {
      id,
      name,
      image: asText(found['image_ref']) || asText(found['image']),
      labels,
      names: namesFromLabels(labels, name),
      isPause: isPauseContainer(labels, name),
      volumes: {},
      published: [],
      logPath: asText(found['log_path']),
      optOuts: optOutsOf(labels),
    };
  }

  close(): void {}
}
