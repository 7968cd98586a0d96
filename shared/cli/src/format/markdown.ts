import type { Evidence } from '@gumshoe/model/entities';
import { evidenceSource, type Block } from './report-document.ts';

/** Characters that Markdown would read as markup or HTML. */
const escapeText = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\s+/g, ' ');

/** Code whose fence is longer than any run of backticks inside it. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${text.replace(/\s+/g, ' ')}${pad}${fence}`;
}

const row = (cells: readonly string[]): string => `| ${cells.map(escapeText).join(' | ')} |`;
const evidenceLine = (one: Evidence): string =>
  `- ${escapeText(one.summary)}\n  ${evidenceSource(one)}: ${code(one.query)}`;

function blockText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeText(block.text)}`;
    case 'paragraph':
      return escapeText(block.text);
    case 'list':
      return block.items.map((item) => `- ${escapeText(item)}`).join('\n');
    case 'evidence':
      return block.items.map(evidenceLine).join('\n');
    case 'table':
      return [row(block.header), row(block.header.map(() => '---')), ...block.rows.map(row)].join('\n');
  }
}

/** CommonMark with the tables of GitHub. */
export const markdownText = (blocks: readonly Block[]): string => `${blocks.map(blockText).join('\n\n')}\n`;
