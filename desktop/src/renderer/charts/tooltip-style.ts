import type { Palette } from '../theme/palette.ts';

/** How the box beside the pointer looks, on every chart. */
export const tooltipStyle = (palette: Palette) => ({
  trigger: 'axis',
  confine: true,
  backgroundColor: palette.raised,
  borderColor: palette.line,
  textStyle: { color: palette.text, fontSize: 12 },
});
