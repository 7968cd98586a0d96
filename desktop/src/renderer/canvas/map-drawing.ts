import type { Health } from '@gumshoe/model/entities';
import { formatValue } from '@gumshoe/base/units';
import type { ServiceMap, ServiceMapEdge, ServiceMapNode } from '../../contract/engine.ts';
import {
  edgeKey,
  EDGE_LABEL,
  NODE,
  type EdgeRoute,
  type MapLayout,
  type Point,
} from '../layout/map-layout.ts';
import type { Palette } from '../theme/theme.ts';
import { fitText, wrapText } from './surface.ts';
import type { Size, Viewport } from './viewport.ts';

export interface MapScene {
  readonly map: ServiceMap;
  readonly layout: MapLayout;
  /** Application whose neighbourhood is lit; the rest fades. */
  readonly focus: string | undefined;
}

const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
/** Below these zooms text would be dust. */
const LABEL_ZOOM = 0.55;
const DETAIL_ZOOM = 0.42;
const FADED = 0.32;
const REASON_LINES = 2;
const LINE_HEIGHT = 14;
/** Boxes have room for text that is larger by this where the drawing is small. */
const MOST_ENLARGED = 1.22;

/** By how much text is enlarged, so that it stays as large on the screen as it is at zoom 1. */
const enlargement = ({ zoom }: Viewport): number => Math.min(MOST_ENLARGED, Math.max(1, 1 / zoom));

/** Draws what is in sight. O(nodes + edges) with culling. */
export function drawMap(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  view: Viewport,
  screen: Size,
  palette: Palette,
): void {
  context.save();
  context.clearRect(0, 0, screen.width, screen.height);
  context.translate(view.x, view.y);
  context.scale(view.zoom, view.zoom);
  const sight = visibleBox(view, screen);
  for (const edge of scene.map.edges) drawEdge(context, scene, edge, view, palette);
  for (const node of scene.map.nodes) {
    const at = scene.layout.nodes.get(node.id);
    if (at && inSight(at, sight)) drawNode(context, scene, node, at, view, palette);
  }
  context.restore();
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const visibleBox = (view: Viewport, screen: Size): Box => ({
  left: -view.x / view.zoom,
  top: -view.y / view.zoom,
  right: (screen.width - view.x) / view.zoom,
  bottom: (screen.height - view.y) / view.zoom,
});

const inSight = ({ x, y }: Point, box: Box): boolean =>
  x + NODE.width > box.left && x < box.right && y + NODE.height > box.top && y < box.bottom;

/** Whether something belongs to the lit neighbourhood. */
const isLit = (focus: string | undefined, client: string, server: string): boolean =>
  focus === undefined || client === focus || server === focus;

const edgeColour = (health: Health, palette: Palette): string =>
  health === 'ok' || health === 'unknown' ? palette.muted : palette.health[health];

function drawEdge(
  context: CanvasRenderingContext2D,
  { layout, focus }: MapScene,
  edge: ServiceMapEdge,
  view: Viewport,
  palette: Palette,
): void {
  const route = layout.edges.get(edgeKey(edge.client, edge.server));
  if (!route || route.points.length < 2) return;
  const bad = edge.health === 'warning' || edge.health === 'critical';
  context.globalAlpha = isLit(focus, edge.client, edge.server) ? 1 : FADED;
  context.strokeStyle = edgeColour(edge.health, palette);
  context.lineWidth = bad ? 2.4 : 1.3;
  // Broken edges are dashed too: colour is not the only sign.
  context.setLineDash(edge.health === 'critical' ? [9, 4] : []);
  tracePath(context, route);
  context.stroke();
  context.setLineDash([]);
  drawArrow(context, route, edgeColour(edge.health, palette));
  if (view.zoom >= LABEL_ZOOM) drawEdgeLabel(context, edge, route.label, enlargement(view), palette);
  context.globalAlpha = 1;
}

/** elk's splines: start, then groups of two control points and a target. */
function tracePath(context: CanvasRenderingContext2D, { points }: EdgeRoute): void {
  const [start, ...rest] = points;
  context.beginPath();
  context.moveTo(start!.x, start!.y);
  let at = 0;
  for (; at + 2 < rest.length; at += 3) {
    const [a, b, end] = [rest[at]!, rest[at + 1]!, rest[at + 2]!];
    context.bezierCurveTo(a.x, a.y, b.x, b.y, end.x, end.y);
  }
  for (; at < rest.length; at++) context.lineTo(rest[at]!.x, rest[at]!.y);
}

function drawArrow(context: CanvasRenderingContext2D, { points }: EdgeRoute, colour: string): void {
  const end = points.at(-1)!;
  const before = points.findLast((point) => Math.hypot(point.x - end.x, point.y - end.y) > 1) ?? points[0]!;
  const angle = Math.atan2(end.y - before.y, end.x - before.x);
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(end.x, end.y);
  context.lineTo(end.x - 9 * Math.cos(angle - 0.42), end.y - 9 * Math.sin(angle - 0.42));
  context.lineTo(end.x - 9 * Math.cos(angle + 0.42), end.y - 9 * Math.sin(angle + 0.42));
  context.fill();
}

/** Two short lines: how much and how fast, what is wrong or the protocol. */
export function edgeTexts(edge: ServiceMapEdge): readonly [string, string] {
  const traffic = Number.isNaN(edge.requestRate)
    ? formatValue(edge.bytesPerSecond, 'bytes/second')
    : formatValue(edge.requestRate, 'requests/second').replace(' req/s', '/s');
  const first = Number.isNaN(edge.p99) ? traffic : `${traffic} · p99 ${formatValue(edge.p99, 'seconds')}`;
  const wrong = [
    edge.errorRatio > 0 ? `${formatValue(edge.errorRatio, 'ratio')} errors` : '',
    edge.failedConnects > 0 ? `${formatValue(edge.failedConnects, 'per-second')} refused` : '',
  ].filter(Boolean);
  return [first, wrong.length > 0 ? wrong.join(', ') : edge.protocols.join(', ')];
}

function drawEdgeLabel(
  context: CanvasRenderingContext2D,
  edge: ServiceMapEdge,
  at: Point,
  scale: number,
  palette: Palette,
): void {
  const [first, second] = edgeTexts(edge);
  context.font = `500 ${11 * scale}px ${FONT}`;
  context.textAlign = 'center';
  const width = Math.max(context.measureText(first).width, context.measureText(second).width) + 8;
  context.fillStyle = palette.background;
  const height = EDGE_LABEL.height * scale;
  context.fillRect(at.x - width / 2, at.y - height / 2, width, height);
  context.textBaseline = 'middle';
  context.fillStyle = palette.text;
  context.fillText(first, at.x, at.y - 7 * scale);
  context.fillStyle =
    edge.health === 'ok' || edge.health === 'unknown' ? palette.muted : palette.health[edge.health];
  context.fillText(second, at.x, at.y + 8 * scale);
}

function drawNode(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  node: ServiceMapNode,
  at: Point,
  view: Viewport,
  palette: Palette,
): void {
  context.globalAlpha = nodeIsLit(scene, node.id) ? 1 : FADED;
  const colour = palette.health[node.health];
  const bad = node.health === 'warning' || node.health === 'critical';
  roundedBox(context, at, 8);
  context.fillStyle = palette.raised;
  context.fill();
  if (bad) {
    context.fillStyle = `${colour}2b`;
    context.fill();
  }
  context.lineWidth = node.id === scene.focus ? 2.5 : bad ? 1.8 : 1;
  context.strokeStyle = bad ? colour : palette.line;
  if (node.id === scene.focus) context.strokeStyle = palette.accent;
  context.stroke();
  drawHealthMark(context, node.health, at.x + 17, at.y + 19, colour, palette);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = palette.text;
  const scale = enlargement(view);
  context.font = `600 ${13 * scale}px ${FONT}`;
  context.fillText(fitText(context, node.name, NODE.width - 40), at.x + 32, at.y + 19);
  if (view.zoom >= DETAIL_ZOOM) drawNodeDetails(context, node, at, scale, palette);
  context.globalAlpha = 1;
}

function nodeIsLit({ map, focus }: MapScene, id: string): boolean {
  if (focus === undefined || focus === id) return true;
  return map.edges.some(
    (edge) => (edge.client === focus && edge.server === id) || (edge.server === focus && edge.client === id),
  );
}

function drawNodeDetails(
  context: CanvasRenderingContext2D,
  node: ServiceMapNode,
  at: Point,
  scale: number,
  palette: Palette,
): void {
  const { up, known } = node.instances;
  const bad = node.health === 'warning' || node.health === 'critical';
  const reason = bad ? node.reasons[0] : undefined;
  context.font = `${11 * scale}px ${FONT}`;
  context.fillStyle = palette.muted;
  const kind = [node.cluster, node.type ?? node.kind, `${up}/${known} up`].filter(Boolean).join(' · ');
  context.fillText(fitText(context, kind, NODE.width - 24), at.x + 12, at.y + 38);
  context.fillStyle = reason ? palette.health[node.health] : palette.muted;
  const lines = wrapText(context, reason ?? trafficText(node), NODE.width - 24, REASON_LINES);
  for (const [index, line] of lines.entries())
    context.fillText(line, at.x + 12, at.y + 54 + index * LINE_HEIGHT * scale);
}

function trafficText(node: ServiceMapNode): string {
  if (Number.isNaN(node.requestRate)) return 'no requests seen';
  const parts = [formatValue(node.requestRate, 'requests/second')];
  if (!Number.isNaN(node.p99)) parts.push(`p99 ${formatValue(node.p99, 'seconds')}`);
  return parts.join(' · ');
}

function roundedBox(context: CanvasRenderingContext2D, at: Point, radius: number): void {
  context.beginPath();
  context.roundRect(at.x, at.y, NODE.width, NODE.height, radius);
}

/** A shape per health besides the colour: disc, triangle, diamond, ring. */
function drawHealthMark(
  context: CanvasRenderingContext2D,
  health: Health,
  x: number,
  y: number,
  colour: string,
  palette: Palette,
): void {
  context.beginPath();
  if (health === 'warning') {
    context.moveTo(x, y - 7);
    context.lineTo(x + 7, y + 6);
    context.lineTo(x - 7, y + 6);
    context.closePath();
  } else if (health === 'critical') {
    context.moveTo(x, y - 8);
    context.lineTo(x + 8, y);
    context.lineTo(x, y + 8);
    context.lineTo(x - 8, y);
    context.closePath();
  } else context.arc(x, y, 5.5, 0, 2 * Math.PI);
  context.fillStyle = context.strokeStyle = colour;
  context.lineWidth = 2;
  if (health === 'unknown') return context.stroke();
  context.fill();
  if (health === 'ok') return;
  context.fillStyle = palette.raised;
  context.font = `700 10px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText('!', x, y + (health === 'warning' ? 1.5 : 0.5));
}
