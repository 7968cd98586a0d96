import type { ComponentType } from 'react';

export interface ViewDefinition {
  /** First part of the link; stable. */
  readonly id: string;
  readonly title: string;
  readonly icon: ComponentType<{ readonly size?: number }>;
  /** Number key that opens it; views without one are reached from others. */
  readonly key?: string;
  /** Shows its title, or that of its subject, at its top. */
  readonly titled?: true;
  readonly component: ComponentType;
}

export const defineView = (view: ViewDefinition): ViewDefinition => view;
