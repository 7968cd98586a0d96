/**
 * What people may say about their applications, as plain data: the configuration file carries it, the world is built
 * with it. Globs are those of `@gumshoe/base/glob`. Everything may be left out.
 */
export interface ModelSettings {
  /** Looked at in order, before the built-in ones; the first that matches wins. */
  readonly categories?: readonly CategoryRule[];
  /** The first rule that matches an instance wins. */
  readonly customApplications?: readonly CustomApplicationRule[];
  /** Looked at in order, before the built-in ones. */
  readonly externalGroups?: readonly ExternalGroupRule[];
  /** How many ungrouped external names or addresses of one kind stay applications of their own; default 20. */
  readonly externalGroupThreshold?: number;
}

/** `application`, `control-plane` and `monitoring` are built in; other names make categories of their own. */
export interface CategoryRule {
  readonly name: string;
  /** Globs on `namespace/name` of an application; `_` is no namespace. */
  readonly applications: readonly string[];
}

/** Instances of whatever workloads that are one application in the eyes of its owners. */
export interface CustomApplicationRule {
  readonly name: string;
  /** Globs on names of instances: of the pod, of the container, of the unit. */
  readonly instances: readonly string[];
}

/** Names or addresses outside that are one service. */
export interface ExternalGroupRule {
  /** Name of the service; without it the glob that matched. */
  readonly name?: string;
  /** Globs on the host name, or on the address where no name is known. */
  readonly hosts: readonly string[];
}

export const DEFAULT_EXTERNAL_GROUP_THRESHOLD = 20;
