/** A steady colour per function: its module (text before the last `::`, `.` or `/`) chooses the hue. */
export function flameColour(name: string, dark: boolean): string {
  const hue = 8 + (hash(moduleOf(name)) % 46);
  const shade = hash(name) % 14;
  return dark ? `hsl(${hue} 52% ${37 + shade}%)` : `hsl(${hue} 78% ${66 + shade}%)`;
}

const moduleOf = (name: string): string => /^(.*)(?:::|\.|\/)[^:./]*$/.exec(name)?.[1] ?? name;

function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619);
  return value >>> 0;
}
