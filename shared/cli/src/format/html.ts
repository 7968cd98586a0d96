import type { Evidence } from '@gumshoe/model/entities';
import { evidenceSource, type Block } from './report-document.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeText = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);

const tag = (name: string, content: string): string => `<${name}>${content}</${name}>`;
const cells = (name: 'th' | 'td', texts: readonly string[]): string =>
  tag('tr', texts.map((text) => tag(name, escapeText(text))).join(''));
const evidenceItem = (one: Evidence): string =>
  tag(
    'li',
    `${escapeText(one.summary)}<br>${escapeText(evidenceSource(one))}: ${tag('code', escapeText(one.query))}`,
  );

function blockText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return tag(`h${block.level}`, escapeText(block.text));
    case 'paragraph':
      return tag('p', escapeText(block.text));
    case 'list':
      return tag('ul', block.items.map((item) => tag('li', escapeText(item))).join('\n'));
    case 'evidence':
      return tag('ul', block.items.map(evidenceItem).join('\n'));
    case 'table':
      return tag(
        'table',
        [cells('th', block.header), ...block.rows.map((row) => cells('td', row))].join('\n'),
      );
  }
}

const STYLE = `:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { border: 1px solid #8888; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; opacity: 0.85; }`;

/** One page that loads nothing: no script, no image, no font from anywhere. */
export const htmlText = (title: string, blocks: readonly Block[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
${blocks.map(blockText).join('\n')}
</body>
</html>
`;
