/** Sizes a canvas to its box at the screen's density and hands out a context in CSS pixels. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const density = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d') ?? undefined;
  context?.setTransform(density, 0, 0, density, 0, 0);
  return context;
}

/** Text cut to a width, with an ellipsis; '' where not even that fits. */
export function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}

/** Text broken between words into at most so many lines of a width; the last one ends with an ellipsis if need be. */
export function wrapText(
  context: CanvasRenderingContext2D,
  text: string,
  width: number,
  most: number,
): readonly string[] {
  const words = text.split(' ');
  const lines: string[] = [];
  while (words.length > 0 && lines.length < most - 1) {
    let line = words.shift()!;
    while (words.length > 0 && context.measureText(`${line} ${words[0]}`).width <= width)
      line += ` ${words.shift()}`;
    lines.push(fitText(context, line, width));
  }
  return words.length === 0 ? lines : [...lines, fitText(context, words.join(' '), width)];
}
