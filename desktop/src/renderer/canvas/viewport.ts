/** How a drawing lies on the screen: `screen = drawing * zoom + offset`. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const MIN_ZOOM = 0.05;
export const MAX_ZOOM = 3;
/** A small map is not blown up beyond this when it is fitted. */
const MAX_FIT_ZOOM = 1.15;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Margin {
  readonly side: number;
  readonly top: number;
  readonly bottom: number;
}

export function fit(drawing: Size, screen: Size, { side, top, bottom }: Margin): Viewport {
  const width = Math.max(1, drawing.width);
  const height = Math.max(1, drawing.height);
  const free = { width: screen.width - 2 * side, height: screen.height - top - bottom };
  const zoom = clamp(Math.min(free.width / width, free.height / height), MIN_ZOOM, MAX_FIT_ZOOM);
  return { zoom, x: (screen.width - width * zoom) / 2, y: top + (free.height - height * zoom) / 2 };
}

/** Zooms so that the point under the pointer stays there. */
export function zoomAt(view: Viewport, factor: number, x: number, y: number): Viewport {
  const zoom = clamp(view.zoom * factor, MIN_ZOOM, MAX_ZOOM);
  const applied = zoom / view.zoom;
  return { zoom, x: x - (x - view.x) * applied, y: y - (y - view.y) * applied };
}

export const pan = (view: Viewport, dx: number, dy: number): Viewport => ({
  ...view,
  x: view.x + dx,
  y: view.y + dy,
});

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
