import { RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { SampleRow, StackRow } from '@gumshoe/schema/tables/profiles';
import { stackHash } from './stack-hash.ts';

/** Whose samples they are. */
export interface ProfileOwner {
  readonly serviceName: string;
  /** Resource attributes; `container.id` becomes a label. */
  readonly resource: Readonly<Record<string, string>>;
}

/** One sample by name. */
export interface NamedSample {
  readonly type: string;
  readonly tgid: number;
  /** Innermost first. */
  readonly frames: readonly string[];
  /** Beside container and process. */
  readonly labels: Readonly<Record<string, string>>;
  /** In the unit of `type`. */
  readonly value: number;
}

/** Identity of a stack in the store. */
export const stackKey = ({ ServiceName, Hash }: Pick<StackRow, 'ServiceName' | 'Hash'>): string =>
  `${ServiceName}\0${Hash}`;

/** Merges samples with equal frames of a process; addresses within one function differ, frames do not. */
export class RowBuilder {
  readonly #start: string;
  readonly #end: string;
  readonly #stacks = new Map<string, StackRow>();
  readonly #samples = new Map<string, SampleRow & { Value: number }>();

  constructor(start: string, end: string) {
    this.#start = start;
    this.#end = end;
  }

  add(owner: ProfileOwner, sample: NamedSample): void {
    const { type, tgid, frames, labels, value } = sample;
    const hash = stackHash(frames);
    const key = stackKey({ ServiceName: owner.serviceName, Hash: hash });
    if (!this.#stacks.has(key))
      this.#stacks.set(key, {
        ServiceName: owner.serviceName,
        Hash: hash,
        LastSeen: this.#end,
        Stack: frames,
      });
    const sampleKey = [type, tgid, ...Object.values(labels), key].join('\0');
    const known = this.#samples.get(sampleKey);
    if (known) known.Value += value;
    else this.#samples.set(sampleKey, this.#sample(owner, sample, hash));
  }

  /** Of samples. */
  get length(): number {
    return this.#samples.size;
  }

  get stacks(): readonly StackRow[] {
    return [...this.#stacks.values()];
  }

  get samples(): readonly SampleRow[] {
    return [...this.#samples.values()].map((row) => ({ ...row, Value: Math.round(row.Value) }));
  }

  #sample(owner: ProfileOwner, sample: NamedSample, hash: string): SampleRow & { Value: number } {
    const { containerId, processPid } = RESOURCE_ATTRIBUTES;
    return {
      ServiceName: owner.serviceName,
      Type: sample.type,
      Start: this.#start,
      End: this.#end,
      Labels: {
        [containerId]: owner.resource[containerId] ?? '',
        [processPid]: String(sample.tgid),
        ...sample.labels,
      },
      StackHash: hash,
      Value: sample.value,
    };
  }
}
